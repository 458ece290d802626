import { applyChange } from '../../../../src-shared/document/history/operations.ts';
import type { ModelNode } from '../../../../src-shared/document/schema/model-document.ts';
import { dataForModel } from '../../../../src-shared/starting-points/data-for-model.ts';
import { fitTo } from '../../../../src-shared/starting-points/fit.ts';
import {
  pretrainingRefusal,
  pretrainingTargets,
} from '../../../../src-shared/starting-points/pretraining/pretraining.ts';
import { baseUpTo, headRefusal, withNewHead } from '../../../../src-shared/starting-points/templates/new-head.ts';
import { needsModel, type Command } from '../../../commands/command.ts';
import { createId } from '../../../state/ids.ts';
import type { Stores } from '../../../state/stores.ts';
import { formatCountOf } from '../../../ui/format/numbers.ts';
import { beginModel } from '../starting-points/begin-model.ts';

type Needed = 'documents' | 'model' | 'dataset' | 'configuration' | 'editor' | 'toasts' | 'steps' | 'analysis';

/** Reusing the layers of a model for other data. */
export function transferCommands(stores: Pick<Stores, Needed>): Command[] {
  const { model, dataset, editor, steps, analysis } = stores;
  const elsewhere = needsModel(steps);
  /** The last of the selected layers; null if there are several. */
  const chosen = (): ModelNode | null => {
    const selected = new Set(editor.selectedNodes);
    const { nodes, edges } = model.document;
    const inner = new Set(edges.filter(({ target }) => selected.has(target)).map(({ source }) => source));
    const [last, ...more] = nodes.filter(({ id }) => selected.has(id) && !inner.has(id));
    return more.length > 0 ? null : (last ?? null);
  };
  const refusal = (): string | null => {
    if (model.openBlock !== null)
      return 'A new head is not added inside a block. Leave the block, or dissolve it, first.';
    if (dataset.preparing) return 'The data is being read. Wait until this is done.';
    if (dataset.features === null) return 'Choose data first: the new head is fitted to its targets.';
    const end = chosen();
    return end === null
      ? 'First select the last layer to keep.'
      : headRefusal(model.whole, end, analysis.current.nodes);
  };
  const notPretrained = (): string | null => {
    if (model.openBlock !== null) return 'Layers inside a block are not pretrained. Leave the block first.';
    if (dataset.preparing) return 'The data is being read. Wait until this is done.';
    const { features, document } = dataset;
    if (features === null) return 'Choose data first: the layers learn from its rows or pictures.';
    const end = chosen();
    if (end === null) return 'First select the last layer to pretrain.';
    const data = { features, dataset: document };
    const { nodes } = analysis.current;
    const refusals = pretrainingTargets.map((target) => pretrainingRefusal(model.whole, end, target, data, nodes));
    return refusals.includes(null) ? null : refusals[0]!;
  };
  const notCompared = (): string | null => {
    if (model.openBlock !== null) return 'Cuts inside a block are not compared. Leave the block first.';
    if (dataset.preparing) return 'The data is being read. Wait until this is done.';
    return dataset.features === null ? 'Choose data first: the variants are trained on it.' : null;
  };
  return [
    {
      id: 'model.reuseSweep',
      title: 'How many layers to reuse? Compare cuts and freezes…',
      words: 'sweep transfer learning seeds group variants fine-tuning mean spread',
      group: 'Model',
      blocked: () => elsewhere() ?? notCompared(),
      run: () => {
        const { nodes } = analysis.current;
        const selected = model.whole.nodes.filter(({ id }) => editor.selectedNodes.includes(id));
        editor.reuseSweep = selected
          .filter((node) => headRefusal(model.whole, node, nodes) === null)
          .map(({ id }) => id);
      },
    },
    {
      id: 'model.pretrain',
      title: 'Pretrain without labels, up to the selected layer…',
      words:
        'autoencoder denoising unsupervised self-supervised reproduce greedy rotation noise masked next token word',
      group: 'Model',
      blocked: () => elsewhere() ?? notPretrained(),
      run: () => (editor.pretraining = chosen()),
    },
    {
      id: 'model.newHead',
      title: 'New head from here: keep and freeze the layers up to the selected one',
      words: 'transfer learning cut pretrained fine-tuning replace top',
      group: 'Model',
      keys: ['Shift+H'],
      blocked: () => elsewhere() ?? refusal(),
      run: () => {
        const end = chosen();
        const { features } = dataset;
        const base = end === null ? null : baseUpTo(model.whole, end, analysis.current.nodes);
        if (base === null || features === null) return;
        const change = withNewHead(model.whole, base, fitTo(features), createId);
        const fitted = dataForModel(dataset.document, applyChange(model.whole, change), features);
        const kept = `The model is kept up to '${base.end.name}', ${formatCountOf(base.frozen.size, 'layer')} frozen.`;
        beginModel(stores, { change, dataset: fitted.dataset, said: { message: [kept, ...fitted.notes].join(' ') } });
      },
    },
  ];
}
