export { scenarios } from './scenarios.js';
