import { runNamed } from '@nest-pooling/report';
import { soakPool } from './soak/soak-pool.js';

// Not process.exit: a soak that leaves something behind must not end.
void runNamed('soak', { pool: soakPool }, process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});
