import { MediaQuery } from 'svelte/reactivity';
import type { Preferences } from '../../src-shared/contract/contract.ts';

/** The tabs of the drawer, in their order. */
export const drawerTabs = ['problems', 'curves', 'summary', 'code', 'history', 'log'] as const;
export type DrawerTab = (typeof drawerTabs)[number];
export type PanelName = 'left' | 'right' | 'drawer';
export type Theme = Preferences['theme'];

const SAVE_DELAY_MS = 500;

interface Panel {
  size: number;
  open: boolean;
}

/** Smallest and largest sizes of the panels, in pixels. */
export const PANEL_LIMITS: Readonly<Record<PanelName, { min: number; max: number; initial: number }>> = {
  left: { min: 160, max: 420, initial: 224 },
  right: { min: 240, max: 520, initial: 300 },
  drawer: { min: 96, max: 640, initial: 220 },
};

/** Panels lie under each other in windows as narrow as this; so do their styles say. */
const NARROW = 'max-width: 56rem';

/** Sizes of panels, the drawer's tab and the theme; remembered in the preferences. */
export class LayoutStore {
  readonly panels: Record<PanelName, Panel>;
  drawerTab: DrawerTab = $state('curves');
  theme: Theme = $state('system');

  readonly #narrow = new MediaQuery(NARROW);
  /** In a narrow window the palette would leave the canvas no room: it opens when it is asked for. */
  #leftInNarrow = $state(false);
  readonly #save: (preferences: Preferences) => void;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(preferences: Preferences, save: (preferences: Preferences) => void) {
    const { layout } = preferences;
    const panel = (name: PanelName): Panel => {
      const size = layout[`${name}.size`];
      const open = layout[`${name}.open`];
      return {
        size: clampSize(name, typeof size === 'number' ? size : PANEL_LIMITS[name].initial),
        open: typeof open === 'boolean' ? open : true,
      };
    };
    this.panels = $state({ left: panel('left'), right: panel('right'), drawer: panel('drawer') });
    this.drawerTab = drawerTabs.find((tab) => tab === layout['drawer.tab']) ?? this.drawerTab;
    this.theme = preferences.theme;
    this.#save = save;
  }

  resize(name: PanelName, size: number): void {
    this.panels[name].size = clampSize(name, size);
    this.#remember();
  }

  get narrow(): boolean {
    return this.#narrow.current;
  }

  isOpen(name: PanelName): boolean {
    return name === 'left' && this.narrow ? this.#leftInNarrow : this.panels[name].open;
  }

  toggle(name: PanelName, open = !this.isOpen(name)): void {
    if (name === 'left' && this.narrow) {
      this.#leftInNarrow = open;
      return;
    }
    this.panels[name].open = open;
    this.#remember();
  }

  /** Opens the drawer on a tab. */
  showDrawer(tab: DrawerTab): void {
    this.drawerTab = tab;
    this.toggle('drawer', true);
  }

  setTheme(theme: Theme): void {
    this.theme = theme;
    this.#remember();
  }

  #remember(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      const layout: Preferences['layout'] = { 'drawer.tab': this.drawerTab };
      for (const [name, { size, open }] of Object.entries(this.panels)) {
        layout[`${name}.size`] = size;
        layout[`${name}.open`] = open;
      }
      this.#save({ theme: this.theme, layout });
    }, SAVE_DELAY_MS);
  }
}

function clampSize(name: PanelName, size: number): number {
  const { min, max } = PANEL_LIMITS[name];
  return Math.round(Math.min(max, Math.max(min, size)));
}
