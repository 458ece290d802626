import { join } from 'node:path';
import { root } from '../../../scripts/prepare/paths.mjs';

export { projectNode, root } from '../../../scripts/prepare/paths.mjs';

/** The tested build; `LAMINA_OUT` selects another one. */
export const outFolder = join(root, process.env['LAMINA_OUT'] ?? 'out');
