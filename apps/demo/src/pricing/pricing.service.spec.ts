import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { HttpService } from '@nestjs/axios';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { HttpException } from '@nestjs/common';
import axios from 'axios';
import { classifyPricing } from './pricing-failure.js';
import { PricingService } from './pricing.service.js';

let server: Server | undefined;

async function answering(listener: RequestListener): Promise<PricingService> {
  server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const http = axios.create({
    baseURL: `http://127.0.0.1:${port}`,
    timeout: 200,
    proxy: false,
    maxRedirects: 0,
  });
  return new PricingService(new HttpService(http));
}

const status =
  (code: number, body = 'secret of the server'): RequestListener =>
  (_, response) =>
    void response.writeHead(code, { 'content-type': 'application/json' }).end(body);

async function failureOf(pricing: PricingService): Promise<HttpException> {
  return pricing.priceOf('espresso').then(
    () => {
      throw new Error('there was a price');
    },
    (error: HttpException) => error,
  );
}

afterEach(async () => {
  server?.closeAllConnections();
  await new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined)));
  server = undefined;
});

describe('PricingService', () => {
  it('gives the price', async () => {
    const price = { sku: 'espresso', cents: 240, currency: 'EUR' };
    const pricing = await answering(status(200, JSON.stringify(price)));
    expect(await pricing.priceOf('espresso')).toEqual(price);
  });

  it.each<[string, RequestListener, number, string]>([
    ['500', status(500), 502, 'failure'],
    ['503', status(503), 502, 'failure'],
    ['no answer in time', () => undefined, 504, 'failure'],
    ['a connection that is cut', (request) => request.socket.destroy(), 502, 'failure'],
    ['something that is no price', status(200, '{"sku":1}'), 502, 'failure'],
    ['404', status(404), 404, 'neutral'],
    ['429', status(429), 502, 'neutral'],
  ])('translates %s', async (_, listener, expected, counts) => {
    const error = await failureOf(await answering(listener));
    expect(error.getStatus()).toBe(expected);
    expect(classifyPricing(error)).toBe(counts);
    expect(JSON.stringify(error.getResponse())).not.toContain('secret');
  });

  it('translates a refused connection', async () => {
    const pricing = await answering(status(200));
    await new Promise((resolve) => server!.close(resolve));
    const error = await failureOf(pricing);
    expect(error.getStatus()).toBe(502);
    expect(classifyPricing(error)).toBe('failure');
    expect(JSON.stringify(error.getResponse())).not.toMatch(/ECONN|127/);
  });
});
