import type { ComparedNode, ParameterChange } from '../../src-shared/document/compare.ts';
import type { JsonValue, ModelDocument } from '../../src-shared/document/model-document.ts';
import type { ParameterSpec } from '../../src-shared/layers/layer.ts';
import { nodeFacts } from '../../src-shared/layers/node-facts.ts';
import { trainingParameters } from '../../src-shared/layers/training-parameters.ts';
import { formatCount } from '../format/numbers.ts';
import { nameInWords } from '../inspector/named-choices.ts';

/** What is said of one change: a heading and what it was and is, or a sentence alone. */
export interface ChangeWords {
  readonly what: string;
  readonly change: string;
}

type Blocks = Pick<ModelDocument, 'blocks'>;

const plainNames: Readonly<Record<string, string>> = { name: 'Name', kind: 'Kind', inside: 'Inside' };

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
  if (what === 'frozen inside') return { what: 'Other parts inside are frozen', change: '' };
  const words = (value: JsonValue | undefined): string =>
    value === undefined && spec !== undefined ? `${inWords(spec.default, spec)} (default)` : inWords(value, spec);
  return {
    what: spec?.label ?? plainNames[what] ?? what,
    change: `${words(before)} → ${words(after)}`,
  };
}

function inWords(value: JsonValue | undefined, spec: ParameterSpec | undefined): string {
  const type = spec?.type;
  if (value === undefined) return 'not set';
  if (value === null) return type !== undefined && 'emptyMeans' in type ? (type.emptyMeans ?? 'none') : 'none';
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  if (typeof value === 'number') return Number.isInteger(value) ? formatCount(value) : String(value);
  if (type !== undefined && 'options' in type) {
    const option = type.options.find((other) => other.value === value);
    if (option !== undefined) return option.label;
  }
  const isNamed = type?.kind === 'initializer' || type?.kind === 'regularizer' || type?.kind === 'constraint';
  if (typeof value === 'string') return isNamed ? nameInWords(value) : value === '' ? 'none' : value;
  if (Array.isArray(value)) return value.map((item) => inWords(item, undefined)).join(' × ');
  const { name, formula, parameter, ...others } = value;
  if (typeof formula === 'string') return formula;
  if (typeof parameter === 'string') return `the block's parameter '${parameter}'`;
  const rest = Object.entries(others).map(([key, item]) => `${key} ${inWords(item, undefined)}`);
  return [...(typeof name === 'string' ? [nameInWords(name)] : []), ...rest].join(', ');
}
