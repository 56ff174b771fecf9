import { fileURLToPath } from 'node:url';

/** Shared Jest preset: native ESM + SWC (decorator metadata). Needs NODE_OPTIONS=--experimental-vm-modules. */
const swc = {
  $schema: 'https://swc.rs/schema.json',
  swcrc: false,
  sourceMaps: true,
  jsc: {
    target: 'es2022',
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: true },
    keepClassNames: true,
  },
  module: { type: 'es6' },
};

const totals = fileURLToPath(new URL('./tools/jest-totals.mjs', import.meta.url));

export default {
  testEnvironment: 'node',
  // Unit tests by default; TEST_KIND=integration or e2e runs those that start real servers.
  testMatch: [`<rootDir>/src/**/*${process.env.TEST_KIND ? `.${process.env.TEST_KIND}` : ''}.spec.ts`],
  testPathIgnorePatterns: process.env.TEST_KIND ? [] : ['\\.(integration|e2e)\\.spec\\.ts$'],
  extensionsToTreatAsEsm: ['.ts'],
  moduleFileExtensions: ['js', 'mjs', 'cjs', 'ts', 'json', 'node'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: { '^.+\\.ts$': ['@swc/jest', swc] },
  testEnvironmentOptions: { customExportConditions: ['@nest-pooling/source', 'node', 'node-addons'] },
  setupFiles: ['reflect-metadata'],
  // Only where totals are asked for: Jest warns about reporters in a project of several.
  ...(process.env.TEST_TOTALS && { reporters: ['default', totals] }),
  coverageProvider: 'v8',
  collectCoverageFrom: ['src/**/*.ts', '!src/**/*.{spec,fixture}.ts', '!src/main.ts'],
  coverageDirectory: 'coverage',
};
