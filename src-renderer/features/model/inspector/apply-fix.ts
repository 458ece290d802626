import { outputNodes } from '../../../../src-shared/compiler/graph/outputs.ts';
import { readGraph } from '../../../../src-shared/compiler/graph/graph.ts';
import { withScaling } from '../../../../src-shared/data/dataset-document.ts';
import { changeForFix } from '../../../../src-shared/diagnostics/remedies/fixes.ts';
import type { Fix } from '../../../../src-shared/document/schema/problem.ts';
import { createId } from '../../../state/ids.ts';
import type { Stores } from '../../../state/stores.ts';
import { movedSettings, withOutput } from '../../../terms/output-goals.ts';

/** Carries a remedy out: an edit of the model, the data set or the training configuration. */
export function applyFix(
  {
    model,
    dataset,
    configuration,
    steps,
    liveEdits,
    editor,
    layout,
  }: Pick<Stores, 'editor' | 'layout' | 'model' | 'dataset' | 'configuration' | 'steps' | 'liveEdits'>,
  fix: Fix,
): void {
  switch (fix.action) {
    case 'scale-columns':
      return dataset.edit(withScaling(dataset.document, fix.params.columns, fix.params.scaling), { label: fix.label });
    case 'edit-param': {
      const { nodeId, name } = fix.params;
      model.openPath([]);
      if (!layout.isOpen('right')) layout.toggle('right', true);
      editor.select([nodeId]);
      editor.canvas?.reveal(nodeId);
      // The inspector draws the layer first.
      requestAnimationFrame(() =>
        document.querySelector<HTMLElement>(`[data-parameter="${name}"] :is(input, textarea)`)?.focus(),
      );
      return;
    }
    case 'choose-data':
      steps.current = 'data';
      return;
    case 'choose-loss': {
      const several = outputNodes(readGraph(model.whole)).length > 1;
      return configuration.edit(withOutput(configuration.value, fix.params.output, several, { loss: 'auto' }), {
        label: fix.label,
      });
    }
    case 'move-goals': {
      const { from, to } = fix.params;
      const outputs = from.reduce((left, name) => movedSettings(left, name, to), configuration.value.outputs);
      return configuration.edit({ outputs }, { label: fix.label });
    }
    case 'remove-from-phase': {
      const phases = configuration.value.phases?.map((phase, index) => {
        if (index !== fix.params.phase - 1 || !Array.isArray(phase.frozen)) return phase;
        return { ...phase, frozen: phase.frozen.filter((layer) => layer !== fix.params.layer) };
      });
      return configuration.edit({ phases }, { label: fix.label });
    }
    case 'set-frozen':
    case 'unfreeze-all':
      return liveEdits.freeze(() => model.performOnWhole(changeForFix(model.whole, fix, createId)));
    default:
      return model.performOnWhole(changeForFix(model.whole, fix, createId));
  }
}
