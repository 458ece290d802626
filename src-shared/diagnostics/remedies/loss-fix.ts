import type { ModelNode } from '../../document/schema/model-document.ts';
import type { Fix } from '../../document/schema/problem.ts';

/** Advice for a loss that does not fit an Output's target. */
export const CHOOSE = 'Choose another loss, or choose it automatically.';

export function lossFix({ name }: ModelNode): Fix {
  return { label: 'Choose the loss automatically', action: 'choose-loss', params: { output: name } };
}
