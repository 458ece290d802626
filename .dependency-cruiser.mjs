// The room rules, executable: who may import what.

/**
 * @param {string} name
 * @param {string | string[]} packages
 * @param {string} rooms
 * @param {string} comment
 * @returns {import('dependency-cruiser').IForbiddenRuleType}
 */
const onlyIn = (name, packages, rooms, comment) => ({
  name,
  comment,
  severity: 'error',
  from: { path: '^src-', pathNot: rooms },
  to: { path: packages },
});

/**
 * Arrows inside src-shared: each folder and the folders it may import.
 * @type {Record<string, string[]>}
 */
const sharedArrows = {
  program: [],
  text: [],
  dataset: ['text'],
  /** The formula language: written in operations, like layers. */
  expression: ['program', 'text'],
  training: ['document', 'dataset', 'expression'],
  // The project document names a training configuration; a run record holds a model document. No file is in both.
  document: ['training', 'text'],
  layout: ['document'],
  layers: ['program', 'document', 'expression', 'text'],
  compiler: ['program', 'layers', 'document', 'dataset', 'training', 'expression', 'text'],
  'starting-points': ['compiler', 'layers', 'document', 'layout', 'dataset', 'training', 'text'],
  keras: ['program', 'compiler', 'layers', 'document', 'starting-points', 'expression', 'training', 'text'],
  picture: ['compiler', 'layers', 'document', 'layout', 'program'],
  presets: ['compiler', 'document'],
  contract: ['document', 'dataset', 'training', 'text'],
};

/** @type {import('dependency-cruiser').IForbiddenRuleType[]} */
const sharedRules = Object.entries(sharedArrows).map(([folder, allowed]) => ({
  name: `shared-arrows-${folder}`,
  comment: `src-shared/${folder} may import ${allowed.length ? allowed.join(', ') : 'no other folder'} and contract/app-error.ts.`,
  severity: 'error',
  from: { path: `^src-shared/${folder}/` },
  to: {
    path: '^src-shared/',
    pathNot: [`^src-shared/(${[folder, ...allowed].join('|')})/`, '^src-shared/contract/app-error\\.ts$'],
  },
}));

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    { name: 'no-circles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-unresolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: '^electron$' },
    },
    {
      name: 'no-undeclared-packages',
      comment: 'A package that is imported stands in package.json.',
      severity: 'error',
      from: { path: '^src-' },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'shared-is-pure',
      comment: 'src-shared imports nothing from outside but zod.',
      severity: 'error',
      from: { path: '^src-shared/' },
      to: { pathNot: ['^src-shared/', '(^|/)node_modules/zod/'] },
    },
    {
      name: 'main-without-renderer',
      severity: 'error',
      from: { path: '^src-main/' },
      to: { path: '^src-renderer/' },
    },
    {
      name: 'renderer-without-main',
      severity: 'error',
      from: { path: '^src-renderer/' },
      to: { path: '^src-main/' },
    },
    {
      name: 'renderer-without-node',
      severity: 'error',
      from: { path: '^src-renderer/' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'product-without-tests',
      severity: 'error',
      from: { path: '^src-' },
      to: { path: '^(test|bench|scripts)/' },
    },
    ...sharedRules,
    onlyIn(
      'tensorflow-in-its-engine',
      'node_modules/@tensorflow/',
      '^src-main/engines/tensorflow/',
      'TensorFlow is loaded in src-main/engines/tensorflow alone.',
    ),
    onlyIn(
      'onnxruntime-in-its-engine',
      'node_modules/onnxruntime-',
      '^src-main/engines/onnx/',
      'onnxruntime is loaded in src-main/engines/onnx alone.',
    ),
    onlyIn(
      'sqlite-in-the-run-store',
      ['node_modules/(@types/)?better-sqlite3/', '^node:sqlite$'],
      '^src-main/runs/',
      'SQLite is spoken in src-main/runs alone.',
    ),
    onlyIn(
      'electron-in-its-shell',
      ['^electron$', 'node_modules/electron/'],
      '^src-main/shells/electron/',
      'Electron is imported in its shell alone.',
    ),
    onlyIn(
      'svelte-in-the-renderer',
      ['node_modules/svelte/', 'node_modules/@xyflow/', 'node_modules/chart\\.js/'],
      '^src-renderer/',
      'The window is drawn in src-renderer alone.',
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(out|dist)' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['svelte', 'import', 'types', 'node', 'default'],
    },
  },
};
