import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ResourceScope } from '@nest-pooling/nestjs';
import type { Order } from '../orders/orders.service.js';
import { Servers } from '../servers/servers.js';

/** Receipts of what was sold, in a file that stays open while the shop is. */
@Injectable()
export class ReceiptsService implements OnModuleInit {
  #file!: FileHandle;
  #written = 0;

  constructor(
    private readonly scope: ResourceScope,
    private readonly servers: Servers,
  ) {}

  /** The scope ends the file when the last request was answered, before the pools close. */
  async onModuleInit(): Promise<void> {
    const file = await open(join(this.servers.cluster.folder, 'receipts.txt'), 'a');
    this.#file = this.scope.add('receipts', file, async (opened) => {
      await opened.close();
      if (this.#written > 0) process.stdout.write(`Receipts written: ${this.#written}\n`);
    });
  }

  /** One more. */
  async write({ id, sku, quantity, totalCents }: Order): Promise<void> {
    await this.#file.appendFile(`${id} ${quantity} x ${sku} ${totalCents}\n`);
    this.#written++;
  }
}
