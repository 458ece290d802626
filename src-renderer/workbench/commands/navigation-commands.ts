import type { Theme } from '../../state/layout-store.svelte.ts';
import type { Slots } from '../../slots/slots.ts';
import type { Stores } from '../../state/stores.ts';
import type { Command } from '../../commands/command.ts';

export interface WindowActions {
  openPalette(): void;
  openProject(): void;
  newProject(): void;
}

const THEMES = { system: 'light', light: 'dark', dark: 'system' } as const;

/** Going from screen to screen, panels, theme, projects. */
export function navigationCommands(
  { steps, layout, documents, toasts }: Pick<Stores, 'steps' | 'layout' | 'documents' | 'toasts'>,
  { screens, panels }: Pick<Slots, 'screens' | 'panels'>,
  actions: WindowActions,
): Command[] {
  const withDrawer = screens.find(({ drawer }) => drawer)?.id;
  /** The status bar shows why something cannot be saved. */
  const save = async () => {
    await documents.flush();
    if (!Object.values(documents.saved).some(({ unsaved }) => unsaved)) toasts.info('Everything is saved.');
  };
  const theme = (to: Theme, title: string): Command => ({
    id: `view.theme.${to}`,
    title,
    words: 'appearance mode colours',
    group: 'View',
    blocked: () => (layout.theme === to ? 'It is used now.' : null),
    run: () => layout.setTheme(to),
  });
  return [
    ...screens.map(({ id, label, order, words }): Command => ({
      id: `go.${id}`,
      title: `Go to ${label}`,
      words,
      group: 'Go to',
      keys: [String(order)],
      run: () => (steps.current = id),
    })),
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
    ...panels.map(({ id, command }): Command => ({
      id: `view.${id}`,
      ...command,
      group: 'View',
      run: () => {
        steps.current = withDrawer ?? steps.current;
        layout.showDrawer(id);
      },
    })),
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
      id: 'project.save',
      title: 'Save now',
      words: 'store write disk',
      group: 'Project',
      keys: ['Mod+S'],
      keysWork: 'everywhere',
      run: () => void save(),
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
