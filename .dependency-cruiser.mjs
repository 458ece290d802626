// The folder rules, executable: who may import what.

/**
 * @param {string} name
 * @param {string | string[]} packages
 * @param {string} folders
 * @param {string} comment
 * @returns {import('dependency-cruiser').IForbiddenRuleType}
 */
const onlyIn = (name, packages, folders, comment) => ({
  name,
  comment,
  severity: 'error',
  from: { path: '^src-', pathNot: folders },
  to: { path: packages },
});

/**
 * Arrows: each folder of a tree and the folders it may import, those without imports first. A row may name only rows
 * above it, so that the tables have no circle; `test/architecture` looks for circles between all folders, type imports
 * of Svelte components included.
 * @type {Record<string, Record<string, string[]>>}
 */
const arrows = {
  'src-shared': {
    errors: [],
    program: [],
    text: ['errors'],
    data: ['errors', 'text'],
    document: ['errors', 'text'],
    expression: ['program', 'text'],
    layers: ['program', 'text', 'document', 'expression'],
    training: ['errors', 'text', 'data', 'document', 'expression'],
    project: ['training'],
    contract: ['errors', 'text', 'data', 'document', 'training', 'interchange'],
    compiler: ['program', 'text', 'data', 'document', 'expression', 'layers', 'training'],
    diagnostics: ['program', 'text', 'data', 'document', 'layers', 'training', 'compiler'],
    canvas: ['program', 'document', 'layers', 'compiler', 'diagnostics'],
    presets: ['document', 'layers', 'compiler', 'diagnostics'],
    'starting-points': [
      'errors',
      'text',
      'data',
      'document',
      'layers',
      'training',
      'compiler',
      'diagnostics',
      'canvas',
    ],
    interchange: [
      ...[
        'errors',
        'text',
        'program',
        'expression',
        'document',
        'layers',
        'compiler',
        'diagnostics',
        'starting-points',
      ],
    ],
  },
  'src-main': {
    system: [],
    engines: ['system'],
    processes: [],
    'file-formats': ['system'],
    'engine-setup': ['system', 'processes', 'engines'],
    data: ['system', 'processes', 'file-formats', 'engines'],
    runs: ['system', 'engines'],
    interchange: ['system', 'processes', 'file-formats', 'engines', 'runs'],
    'training-protocol': ['runs'],
    trainer: [
      'processes',
      'file-formats',
      'engines',
      'engine-setup',
      'data',
      'interchange',
      'runs',
      'training-protocol',
    ],
    core: ['system', 'processes', 'engine-setup', 'data', 'runs', 'interchange', 'training-protocol'],
    'shells/cli': ['system', 'core'],
    'shells/browser': ['system', 'core'],
    'shells/electron': ['core'],
  },
  'src-renderer': {
    connection: [],
    ui: [],
    commands: ['ui'],
    state: ['ui'],
    slots: ['ui', 'commands', 'state'],
    terms: ['ui'],
    components: ['ui', 'commands', 'state', 'slots', 'terms'],
    'features/data': ['ui', 'commands', 'state', 'slots', 'terms', 'components'],
    'features/model': ['ui', 'commands', 'state', 'slots', 'terms', 'components'],
    'features/training': ['ui', 'commands', 'state', 'slots', 'terms', 'components'],
    'features/runs': ['ui', 'commands', 'state', 'slots', 'terms', 'components'],
    'features/evaluate': ['ui', 'commands', 'state', 'slots', 'terms', 'components'],
    workbench: [
      ...['ui', 'commands', 'state', 'slots', 'terms', 'components'],
      ...['features/data', 'features/model', 'features/training', 'features/runs', 'features/evaluate'],
    ],
  },
};

/** @type {import('dependency-cruiser').IForbiddenRuleType[]} */
const arrowRules = Object.entries(arrows).flatMap(([tree, folders]) =>
  Object.entries(folders).map(([folder, allowed]) => ({
    name: `arrows-of-${tree}/${folder}`,
    comment: `${tree}/${folder} may import ${allowed.length ? allowed.join(', ') : 'no other folder of its tree'}.`,
    severity: 'error',
    from: { path: `^${tree}/${folder}/` },
    to: { path: `^${tree}/.+/`, pathNot: `^${tree}/(${[folder, ...allowed].join('|')})/` },
  })),
);

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
      comment: 'src-shared imports nothing from outside but zod and the Python grammar.',
      severity: 'error',
      from: { path: '^src-shared/' },
      to: { pathNot: ['^src-shared/', '(^|/)node_modules/(zod|@lezer)/'] },
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
    {
      name: 'features-are-registered',
      comment: 'The workbench knows of a feature what its register.ts gives: it renders slots.',
      severity: 'error',
      from: { path: '^src-renderer/workbench/' },
      to: { path: '^src-renderer/features/', pathNot: '^src-renderer/features/[^/]+/register\\.ts$' },
    },
    ...arrowRules,
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
