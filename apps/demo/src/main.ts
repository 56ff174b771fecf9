import 'reflect-metadata';
import type { Server } from 'node:http';
import { isatty } from 'node:tty';
import { ConsoleLogger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { AppModule } from './app.module.js';
import { Closing } from './process/closing.js';
import { endByItself } from './process/end-by-itself.js';
import {
  analyticsIn,
  platformIn,
  portIn,
  startProblem,
  type AnalyticsChoice,
  type PlatformChoice,
} from './process/problems.js';
import { readyText } from './process/ready-text.js';
import { Signals } from './process/signals.js';
import { Traffic } from './process/traffic.js';
import { Servers } from './servers/servers.js';
import { startServers } from './servers/start-servers.js';

const HOST = '127.0.0.1';
/** So long the closing may take, the delay of the pools' module included, before requests that are under way are cut off. */
const LAST_REQUESTS_MS = 10_000;

/** Starts the servers, then the app on them. Whatever was started is in `closing`, also when the rest fails. */
async function open(
  { port, analytics, platform }: { port: number; analytics: AnalyticsChoice; platform: PlatformChoice },
  signals: Signals,
  closing: Closing,
): Promise<void> {
  const servers = await startServers(analytics, closing);
  if (!signals.received) await openShop(servers, port, platform, closing);
}

async function openShop(
  servers: Servers,
  port: number,
  platform: PlatformChoice,
  closing: Closing,
): Promise<void> {
  // What is let in while the shop closes is answered, and not refused with 503.
  const adapter =
    platform === 'fastify' ? new FastifyAdapter({ return503OnClosing: false }) : new ExpressAdapter();
  const app = await NestFactory.create(AppModule.on(servers), adapter, {
    logger: new ConsoleLogger({
      logLevels: ['warn', 'error', 'fatal'],
      colors: isatty(1),
    }),
    abortOnError: false,
  });
  const server = app.getHttpServer() as Server;
  const traffic = new Traffic();
  traffic.watch(server);
  closing.add('the app', async () => {
    const cutOff = setTimeout(() => server.closeAllConnections(), LAST_REQUESTS_MS);
    await app.close().finally(() => clearTimeout(cutOff));
    if (traffic.begun > 0) process.stdout.write(`${traffic.toString()}\n`);
  });
  // Loopback only: whoever can reach the demo can kill its servers.
  await app.listen(port, HOST);
  process.stdout.write(readyText(await app.getUrl(), servers));
}

async function main(): Promise<number> {
  // Before the start, so that a Ctrl-C during it is not lost.
  const signals = new Signals();
  const closing = new Closing();
  try {
    const { PORT, DEMO_ANALYTICS, DEMO_PLATFORM } = process.env;
    const choices = {
      port: portIn(PORT),
      analytics: analyticsIn(DEMO_ANALYTICS),
      platform: platformIn(DEMO_PLATFORM),
    };
    await open(choices, signals, closing);
    await signals.first;
    return 0;
  } catch (error) {
    process.stderr.write(`${startProblem(error)}\n`);
    return 1;
  } finally {
    await closing.run();
  }
}

// A reader that has gone (| head) must not keep us from stopping the servers.
process.stdout.on('error', () => undefined);
process.stderr.on('error', () => undefined);
endByItself(await main());
