import { isInput } from '../../../../src-shared/document/schema/ends.ts';
import type { ModelDocument } from '../../../../src-shared/document/schema/model-document.ts';

/** What an Output may be trained for: targets of the data set, or an Input's own values; a name that no Input has stays to be seen. */
export function inputChoices(
  { nodes }: Pick<ModelDocument, 'nodes'>,
  chosen: string,
): { value: string; label: string }[] {
  const names = nodes.filter(isInput).map(({ name }) => name);
  const all = chosen === '' || names.includes(chosen) ? names : [...names, chosen];
  return [
    { value: '', label: 'Targets of the data' },
    ...all.map((name) => ({ value: name, label: names.includes(name) ? `What ${name} takes` : `${name} (no Input)` })),
  ];
}
