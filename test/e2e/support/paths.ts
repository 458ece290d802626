import { join } from 'node:path';
import { root } from '../../../scripts/prepare/paths.mjs';

export { projectNode, root } from '../../../scripts/prepare/paths.mjs';

/** The build that is tested; `LAMINA_OUT` names another than the usual one. */
export const outFolder = join(root, process.env['LAMINA_OUT'] ?? 'out');
