import type { ModelNode } from '../../document/schema/model-document.ts';
import type { Fix } from '../../document/schema/problem.ts';

/** What to do about a loss that does not go with an Output's target. */
export const CHOOSE = 'Choose one that fits, or have it chosen automatically.';

export function lossFix({ name }: ModelNode): Fix {
  return { label: 'Choose the loss automatically', action: 'choose-loss', params: { output: name } };
}
