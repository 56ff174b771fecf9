export { VirtualEnv } from './virtual-env.js';
