export default {
  projects: ['libs/*', 'apps', 'tools'].map((folder) => `<rootDir>/${folder}/*/jest.config.js`),
  maxWorkers: 2,
  workerIdleMemoryLimit: '512MB',
  coverageProvider: 'v8',
  coverageReporters: ['text', 'json-summary', 'lcovonly'],
  collectCoverageFrom: ['**/src/**/*.ts', '!**/*.{spec,fixture}.ts', '!**/src/main.ts'],
};
