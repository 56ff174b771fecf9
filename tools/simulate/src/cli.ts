import { runNamed } from '@nest-pooling/report';
import { scenarios } from './scenarios.js';

// Not process.exit: what a scenario leaves behind should be seen.
void runNamed('simulate', scenarios, process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});
