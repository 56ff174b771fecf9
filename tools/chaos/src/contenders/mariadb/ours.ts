import { mysql } from '@nest-pooling/mysql';
import { Ours } from '../ours.js';

/** The same router over MariaDB. */
export class OursOnMariadb extends Ours {
  constructor() {
    super({ define: mysql, mark: '?', idText: 'CAST(id AS CHAR)' });
  }
}
