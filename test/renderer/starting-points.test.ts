import { expect, test, vi } from 'vitest';
import { rename } from '../../src-shared/document/edits/edits.ts';
import { beginWith } from '../../src-shared/starting-points/templates/catalog.ts';
import { NO_FIT } from '../../src-shared/starting-points/fit.ts';
import { beginModel } from '../../src-renderer/features/model/starting-points/begin-model.ts';
import { fittedGoals } from '../../src-renderer/features/model/starting-points/fitted-goals.ts';
import { ConfigurationStore } from '../../src-renderer/state/configuration-store.svelte.ts';
import { ModelStore } from '../../src-renderer/state/model-store.svelte.ts';
import type { Stores } from '../../src-renderer/state/stores.ts';
import { Toasts } from '../../src-renderer/state/toasts.svelte.ts';
import { classFeatures, configurationWith, dense, numericFeatures, sequentialDocument } from '../support/documents.ts';
import { openedDocuments } from './opened-documents.ts';
import { begun, templateCases, templateOf } from '../support/template-cases.ts';

const housing = configurationWith({ loss: 'huber', metrics: ['mape'] });

test('fittedGoals resets loss and metrics that do not fit the target', () => {
  const survived = classFeatures([4], 2);
  const model = sequentialDocument([dense(1, 'sigmoid')]);
  expect(fittedGoals(model, survived, configurationWith({ loss: 'poisson', metrics: ['mape'] }), {})).toMatchObject({
    loss: 'auto',
    metrics: [],
  });
  const number = sequentialDocument([dense(1)]);
  expect(fittedGoals(number, numericFeatures([4]), housing, {})).toEqual(housing);
  expect(fittedGoals(model, null, housing, {})).toEqual(housing);
});

test('fittedGoals resets only the Outputs that do not fit', () => {
  const { features } = templateCases.find(({ data }) => data === 'several targets')!;
  const model = begun(templateOf('multi-output'), features);
  const goals = fittedGoals(model, features, housing, {});
  expect(goals.loss).toBe('huber');
  expect(goals.outputs).toEqual({
    größe_size: { loss: 'auto', metrics: [] },
    output_val: { loss: 'auto', metrics: [] },
  });
});

test('fittedGoals weights the auxiliary output with 0.1 and keeps settings of other Outputs', () => {
  const template = templateOf('auxiliary-output');
  const features = numericFeatures([8]);
  const own = 'goals' in template ? (template.goals ?? {}) : {};
  const before = configurationWith({ outputs: { main: { loss: 'huber' }, other: { lossWeight: 3 } } });
  expect(fittedGoals(begun(template, features), features, before, own).outputs).toEqual({
    main: { loss: 'huber', lossWeight: 0.9 },
    auxiliary: { lossWeight: 0.1 },
    other: { lossWeight: 3 },
  });
});

/** Stores of a project with one Dense. */
function storesWith(configuration = configurationWith({})): Stores {
  vi.stubGlobal('requestAnimationFrame', () => 0);
  const model = sequentialDocument([dense(1)]);
  const documents = openedDocuments({ model, configuration });
  return {
    documents,
    model: new ModelStore(documents),
    configuration: new ConfigurationStore(documents),
    dataset: { features: numericFeatures([8]) },
    editor: { select: () => {}, canvas: null },
    toasts: new Toasts(),
  } as unknown as Stores;
}

function begin(stores: Stores, id: string): void {
  const template = templateOf(id);
  let ids = 0;
  const open = { document: stores.model.whole, trainedBy: null };
  const change = beginWith(template, NO_FIT, open, () => `${id}${ids++}`);
  beginModel(stores, { change, goals: 'goals' in template ? (template.goals ?? {}) : {} });
}

test('undo and redo of a template include its Output settings', () => {
  const stores = storesWith();
  const outputs = () => stores.configuration.value.outputs;
  begin(stores, 'auxiliary-output');
  const auxiliary = { main: { lossWeight: 0.9 }, auxiliary: { lossWeight: 0.1 } };
  expect(outputs()).toEqual(auxiliary);
  stores.documents.undo();
  expect(outputs()).toEqual({});
  stores.documents.redo();
  expect(outputs()).toEqual(auxiliary);
  begin(stores, 'multi-input');
  expect(outputs()).toEqual({});
  stores.documents.goTo(1);
  expect(outputs()).toEqual(auxiliary);
});

test('a template keeps edited Output settings, and undo restores the removed ones', () => {
  const stores = storesWith();
  begin(stores, 'auxiliary-output');
  stores.configuration.edit(
    { outputs: { main: { lossWeight: 0.5 }, auxiliary: { lossWeight: 0.1 } } },
    { label: 'Set loss and metrics' },
  );
  begin(stores, 'multi-input');
  expect(stores.configuration.value.outputs).toEqual({ main: { lossWeight: 0.5 } });
  stores.documents.undo();
  expect(stores.configuration.value.outputs).toEqual({ main: { lossWeight: 0.5 }, auxiliary: { lossWeight: 0.1 } });
});

test('the Undo action of the notification ends with the next edit', () => {
  const stores = storesWith();
  const before = stores.model.whole;
  begin(stores, 'multi-input');
  const [toast] = stores.toasts.list;
  expect(toast?.holds?.()).toBe(true);
  stores.model.perform(rename(stores.model.document, stores.model.document.nodes[0]!.id, 'other'));
  expect(toast?.holds?.()).toBe(false);
  stores.documents.undo();
  begin(stores, 'multi-output');
  stores.toasts.list[0]!.action!.run();
  stores.documents.undo();
  expect(stores.model.whole.nodes).toEqual(before.nodes);
});
