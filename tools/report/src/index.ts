export { aims, measured, must, type Bar, type Row } from './row.js';
export { formatRows } from './table.js';
export { runNamed, type Named, type Output, type Report } from './run-named.js';
