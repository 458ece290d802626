import type { ComparedNode, ParameterChange } from '../../../../src-shared/document/schema/compare.ts';
import type { JsonValue, ModelDocument } from '../../../../src-shared/document/schema/model-document.ts';
import type { ParameterSpec } from '../../../../src-shared/layers/parameters/parameter-spec.ts';
import { nodeFacts } from '../../../../src-shared/layers/catalog/node-facts.ts';
import { trainingParameters } from '../../../../src-shared/layers/parameters/training-parameters.ts';
import { valueInWords } from '../../../../src-shared/layers/parameters/parameter-words.ts';

/** Text for one change: a heading with the old and the new value, or a sentence. */
export interface ChangeWords {
  readonly what: string;
  readonly change: string;
}

type Blocks = Pick<ModelDocument, 'blocks'>;

const plainNames: Readonly<Record<string, string>> = {
  name: 'Name',
  kind: 'Kind',
  inside: 'Inside',
  'order of inputs': 'Order of inputs',
  'weights of': 'Weights of',
};

/** A layer's changes in the words that the inspector uses. */
export function changeWords(node: ComparedNode, document: Blocks): ChangeWords[] {
  const shown = node.after ?? node.before;
  const facts = shown === undefined ? undefined : nodeFacts(document, shown);
  const specs = [...(facts?.parameters ?? []), ...trainingParameters];
  return node.changes.map((change) =>
    wordsOf(
      change,
      specs.find(({ name }) => name === change.what),
    ),
  );
}

function wordsOf({ what, before, after }: ParameterChange, spec: ParameterSpec | undefined): ChangeWords {
  if (what === 'frozen') return { what: after === true ? 'Now frozen' : 'No longer frozen', change: '' };
  if (what === 'inference mode') {
    return { what: after === true ? 'Now in inference mode' : 'No longer in inference mode', change: '' };
  }
  if (what === 'frozen inside') return { what: 'Other parts inside are frozen', change: '' };
  const words = (value: JsonValue | undefined): string =>
    value === undefined && spec !== undefined
      ? `${valueInWords(spec.default, spec)} (default)`
      : valueInWords(value, spec);
  return {
    what: spec?.label ?? plainNames[what] ?? what,
    change: `${words(before)} → ${words(after)}`,
  };
}
