import type { Theme } from '../../state/layout-store.svelte.ts';
import type { StepId } from '../../state/steps.svelte.ts';
import type { Studio } from '../../state/studio.svelte.ts';
import type { Command } from '../../commands/command.ts';

export interface WindowActions {
  openPalette(): void;
  openProject(): void;
  newProject(): void;
  openStartingPoints(): void;
  compareWithFile(): void;
}

const THEMES = { system: 'light', light: 'dark', dark: 'system' } as const;

/** Going from step to step, panels, theme. */
export function navigationCommands(studio: Studio, actions: WindowActions): Command[] {
  const { steps, layout } = studio;
  const goTo = (id: StepId, label: string, key: string, words: string): Command => ({
    id: `go.${id}`,
    title: `Go to ${label}`,
    words,
    group: 'Go to',
    keys: [key],
    run: () => (steps.current = id),
  });
  const theme = (to: Theme, title: string): Command => ({
    id: `view.theme.${to}`,
    title,
    words: 'appearance mode colours',
    group: 'View',
    blocked: () => (layout.theme === to ? 'It is used now.' : null),
    run: () => layout.setTheme(to),
  });
  return [
    goTo('data', 'Data', '1', 'dataset columns split csv import table'),
    goTo('model', 'Model', '2', 'graph canvas network layers editor'),
    goTo('train', 'Train', '3', 'loss optimizer epochs settings learning rate metrics'),
    goTo('runs', 'Runs', '4', 'results compare experiments'),
    goTo('evaluate', 'Evaluate', '5', 'export savedmodel test predict confusion matrix'),
    {
      id: 'view.palette',
      title: 'Show all commands with their shortcuts',
      words: 'help keyboard keys list',
      group: 'View',
      keys: ['Mod+K'],
      keysWork: 'everywhere',
      run: () => actions.openPalette(),
    },
    {
      id: 'view.left',
      title: 'Show or hide the palette of layers',
      group: 'View',
      keys: ['Mod+B'],
      keysWork: 'while typing',
      run: () => layout.toggle('left'),
    },
    {
      id: 'view.right',
      title: 'Show or hide the inspector',
      group: 'View',
      keys: ['Mod+I'],
      keysWork: 'while typing',
      run: () => layout.toggle('right'),
    },
    {
      id: 'view.drawer',
      title: 'Show or hide the drawer',
      group: 'View',
      keys: ['Mod+J'],
      keysWork: 'while typing',
      run: () => layout.toggle('drawer'),
    },
    {
      id: 'view.problems',
      title: 'Show problems',
      group: 'View',
      run: () => {
        steps.current = 'model';
        layout.showDrawer('problems');
      },
    },
    {
      id: 'view.curves',
      title: 'Show curves',
      group: 'View',
      run: () => {
        steps.current = 'model';
        layout.showDrawer('curves');
      },
    },
    {
      id: 'view.summary',
      title: 'Show the summary of layers and costs',
      group: 'View',
      run: () => {
        steps.current = 'model';
        layout.showDrawer('summary');
      },
    },
    {
      id: 'view.code',
      title: 'Show the model as Keras code',
      words: 'python json export',
      group: 'View',
      run: () => {
        steps.current = 'model';
        layout.showDrawer('code');
      },
    },
    {
      id: 'view.history',
      title: 'Show the history of edits',
      group: 'View',
      run: () => {
        steps.current = 'model';
        layout.showDrawer('history');
      },
    },
    {
      id: 'view.log',
      title: 'Show the log',
      group: 'View',
      run: () => {
        steps.current = 'model';
        layout.showDrawer('log');
      },
    },
    {
      id: 'view.theme',
      title: () => `Switch theme (now ${layout.theme})`,
      words: 'appearance colours',
      group: 'View',
      keys: ['Mod+Shift+L'],
      keysWork: 'while typing',
      run: () => layout.setTheme(THEMES[layout.theme]),
    },
    theme('light', 'Use the light theme'),
    theme('dark', 'Use the dark theme'),
    theme('system', 'Use the theme of the system'),
    {
      id: 'model.new',
      title: 'New model from a line or a template…',
      group: 'Model',
      keys: ['Shift+N'],
      run: () => {
        steps.current = 'model';
        actions.openStartingPoints();
      },
    },
    {
      id: 'model.compareFile',
      title: 'Compare with a model file…',
      group: 'Model',
      run: () => actions.compareWithFile(),
    },
    {
      id: 'project.save',
      title: 'Save now',
      words: 'store write disk',
      group: 'Project',
      keys: ['Mod+S'],
      keysWork: 'everywhere',
      run: () => void saveNow(studio),
    },
    {
      id: 'project.open',
      title: 'Open another project…',
      words: 'example examples recent folder',
      group: 'Project',
      keys: ['Mod+O'],
      keysWork: 'while typing',
      run: () => actions.openProject(),
    },
    {
      id: 'project.new',
      title: 'New project…',
      words: 'create folder empty',
      group: 'Project',
      run: () => actions.newProject(),
    },
  ];
}

/** Saves unsaved edits now. The status bar shows the result. */
async function saveNow({ documents, toasts }: Studio): Promise<void> {
  await documents.flush();
  if (!Object.values(documents.saved).some(({ unsaved }) => unsaved)) toasts.info('Everything is saved.');
}
