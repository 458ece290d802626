import type { Component } from 'svelte';
import type { EpochRecord, RunRecord, RunSummary } from '../../src-shared/training/run/run.ts';
import type { Command } from '../commands/command.ts';
import type { MenuSubject } from '../state/editor-store.svelte.ts';
import type { ChartMark } from '../ui/charts/chart-series.ts';
import type { Point } from '../ui/charts/decimate.ts';
import type { IconName } from '../ui/icons.ts';

/** What a feature adds to the window, slot by slot. `workbench/features.ts` lists the features. */
export interface Feature {
  readonly screens?: readonly Screen[];
  /** Tabs of the drawer. */
  readonly panels?: readonly Panel[];
  readonly commands?: readonly Command[];
  /** What opens files and folders that are dropped on the window. */
  readonly dropTargets?: readonly DropTarget[];
  /** Always mounted; each opens when its store says so. */
  readonly dialogs?: readonly Component[];
  /** Menus of the canvas, each in sections. */
  readonly canvasMenus?: Readonly<Partial<Record<MenuSubject, readonly MenuSection[]>>>;
  /** Sections of the canvas's toolbar. */
  readonly canvasTools?: readonly (readonly Tool[])[];
  readonly cardBadges?: readonly CardBadge[];
  readonly curveMarks?: readonly CurveMarks[];
  /** Sections about the model of a run. */
  readonly runModel?: readonly Component<{ record: RunRecord }>[];
}

export interface Screen {
  readonly id: string;
  readonly label: string;
  /** Position in the navigation, from 1; also the digit key of the command that shows it. */
  readonly order: number;
  /** Search words of the command that shows it. */
  readonly words: string;
  readonly component: Component;
  readonly left?: SidePanel;
  readonly right?: SidePanel;
  /** Shows the drawer below the screen. */
  readonly drawer?: true;
  readonly status: () => ScreenStatus;
}

export interface ScreenStatus {
  readonly state: 'ready' | 'missing' | 'busy';
  /** What is missing, or what is there, in one sentence. */
  readonly note: string;
}

/** A file or folder that was dropped on the window. */
export interface DroppedItem {
  readonly name: string;
  /** Null: a folder. */
  readonly file: File | null;
  /** Where it is on disk; null in a browser, which gives pages no paths. */
  readonly path: string | null;
  /** Names directly inside a folder; empty for a file. */
  readonly names: readonly string[];
  /** The first 64 KiB of a text file; null: a folder, or not UTF-8 text. */
  readonly text: string | null;
}

/** One way to open a dropped item. Where several fit, the person chooses. */
export interface DropTarget {
  readonly id: string;
  /** A noun: 'Model'. */
  readonly label: string;
  /** What it takes, for the overlay and refusals: 'Lamina or Keras JSON'. */
  readonly takes: string;
  /** What opening does, in one sentence. */
  readonly effect: string;
  readonly fits: (item: DroppedItem) => boolean;
  readonly open: (item: DroppedItem) => Promise<void>;
}

export interface SidePanel {
  readonly label: string;
  /** Name in labels of controls: 'Width of the palette'. */
  readonly noun: string;
  readonly component: Component;
}

export interface Panel {
  readonly id: string;
  readonly label: string;
  /** Sort key among the tabs: 10, 20, … */
  readonly order: number;
  readonly component: Component;
  /** The command that shows it. */
  readonly command: { readonly title: string; readonly words?: string };
  /** Shown next to the label; 0: nothing. */
  readonly count?: () => number;
}

/** A line of a menu: a command, with another title where `label` is given. */
export interface MenuEntry {
  readonly command: string;
  readonly label?: string;
}

export type MenuSection = readonly MenuEntry[];

/** A command in a toolbar: an icon, or an icon with text. */
export interface Tool {
  readonly command: string;
  readonly icon: IconName;
  readonly label?: string;
  readonly text?: string;
  readonly pressed?: () => boolean;
}

/** A mark on the cards of the layers for which `isOn` returns true. */
export interface CardBadge {
  /** Appended to the accessible name of the card. */
  readonly label: string;
  /** Shown on hover. */
  readonly hint: string;
  /** A CSS custom property of the theme: '--accent'. */
  readonly colour: string;
  readonly isOn: (nodeId: string) => boolean;
}

/** Marks on the curve of a metric of one run. */
export type CurveMarks = (run: CurveRun, metric: string) => readonly ChartMark[];

/** One run as its curves show it. */
export interface CurveRun {
  readonly run: RunSummary;
  /** [step, loss]. */
  readonly points: readonly Point[];
  readonly epochs: readonly EpochRecord[];
  /** Optimizer updates in an epoch; null: unknown, so that there is no curve over steps. */
  readonly stepsPerEpoch: number | null;
}
