import { MediaQuery } from 'svelte/reactivity';
import type { Preferences } from '../../src-shared/contract/contract.ts';

export type PanelName = 'left' | 'right' | 'drawer';
export type Theme = Preferences['theme'];
type Kept = Pick<Preferences, 'theme' | 'layout'>;

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

/** Up to this width there is space for one panel next to the canvas; the styles use the same width. */
const NARROW = 'max-width: 56rem';
/** Windows narrower than this one begin without that panel. */
const ROOM_FOR_A_PANEL = 'min-width: 48rem';

/** Initial settings of the canvas. */
const CANVAS = { minimap: false, snap: true };

/** Sizes of panels, the drawer's tab, the canvas's switches and the theme; remembered in the preferences. */
export class LayoutStore {
  readonly panels: Record<PanelName, Panel>;
  readonly canvas: typeof CANVAS;
  /** Id of the drawer's panel. */
  drawerTab = $state('curves');
  theme: Theme = $state('system');

  readonly #narrow = new MediaQuery(NARROW);
  readonly #panelFits = new MediaQuery(ROOM_FOR_A_PANEL);
  /** The panel that is open in a narrow window; undefined until one was opened or closed there. */
  #sideInNarrow: 'left' | 'right' | null | undefined = $state();
  readonly #save: (preferences: Kept) => void;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(preferences: Kept, save: (preferences: Kept) => void) {
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
    const isOn = (name: keyof typeof CANVAS): boolean => {
      const on = layout[`canvas.${name}`];
      return typeof on === 'boolean' ? on : CANVAS[name];
    };
    this.canvas = $state({ minimap: isOn('minimap'), snap: isOn('snap') });
    const tab = layout['drawer.tab'];
    if (typeof tab === 'string') this.drawerTab = tab;
    this.theme = preferences.theme;
    this.#save = save;
  }

  resize(name: PanelName, size: number): void {
    this.panels[name].size = clampSize(name, size);
    this.#remember(SAVE_DELAY_MS);
  }

  get narrow(): boolean {
    return this.#narrow.current;
  }

  isOpen(name: PanelName): boolean {
    if (name === 'drawer' || !this.narrow) return this.panels[name].open;
    if (this.#sideInNarrow !== undefined) return this.#sideInNarrow === name;
    return name === 'right' && this.#panelFits.current && this.panels.right.open;
  }

  toggle(name: PanelName, open = !this.isOpen(name)): void {
    if (name !== 'drawer' && this.narrow) {
      if (open !== this.isOpen(name)) this.#sideInNarrow = open ? name : null;
      return;
    }
    this.panels[name].open = open;
    this.#remember();
  }

  /** Opens the drawer on a tab. */
  showDrawer(tab: string): void {
    this.drawerTab = tab;
    this.toggle('drawer', true);
  }

  setTheme(theme: Theme): void {
    this.theme = theme;
    this.#remember();
  }

  /** Switches something of the canvas on or off. */
  set(name: keyof typeof CANVAS, on: boolean): void {
    this.canvas[name] = on;
    this.#remember();
  }

  /** Drags wait until they rest; what is pressed is kept at once. */
  #remember(delayMs = 0): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      const layout: Preferences['layout'] = { 'drawer.tab': this.drawerTab };
      for (const [name, { size, open }] of Object.entries(this.panels)) {
        layout[`${name}.size`] = size;
        layout[`${name}.open`] = open;
      }
      for (const [name, on] of Object.entries(this.canvas)) layout[`canvas.${name}`] = on;
      this.#save({ theme: this.theme, layout });
    }, delayMs);
  }
}

function clampSize(name: PanelName, size: number): number {
  const { min, max } = PANEL_LIMITS[name];
  return Math.round(Math.min(max, Math.max(min, size)));
}
