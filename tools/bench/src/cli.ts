import { runNamed } from '@nest-pooling/report';
import { benchmarks } from './benchmarks.js';

// Not process.exit: what a benchmark leaves behind should be seen.
void runNamed('bench', benchmarks, process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});
