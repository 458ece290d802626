import {
  Chart,
  LinearScale,
  LineController,
  LineElement,
  LogarithmicScale,
  PointElement,
  type ChartDataset,
  type Plugin,
} from 'chart.js';
import { formatNumber } from '../format/numbers.ts';
import { flagGroups, type ChartFlag } from './chart-flags.ts';
import { markLine, markWordsX, nearestPoint, spreadLabels, type ChartMark, type ChartSeries } from './chart-series.ts';
import { withAlpha, type Palette } from './palette.ts';

Chart.register(LineController, LineElement, PointElement, LinearScale, LogarithmicScale);

const LABEL_GAP = 14;
const UPDATE_MS = 100;
/** Pixels above the plot for the words of marks, where no curve is. */
const MARK_ROOM = 18;
/** Size of a flag in pixels. Flags closer together than its width are drawn as one. */
const FLAG = { height: 16, width: 9, cloth: 7 };

/** Everything a line chart shows. */
export interface LineChartView {
  readonly series: readonly ChartSeries[];
  readonly marks: readonly ChartMark[];
  readonly flags: readonly ChartFlag[];
  readonly palette: Palette;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly logarithmic: boolean;
  /** Least extent of the x axis, so that the curve grows into the room it will need. */
  readonly xMax: number | null;
  /** The y axis is in percent. */
  readonly percent: boolean;
}

interface LinePoint {
  x: number;
  y: number;
}

/** A chart on a canvas with labels at line ends, marks and a crosshair; redrawn at most ten times a second. */
export class LineChart {
  readonly #chart: Chart<'line', LinePoint[]>;
  #view: LineChartView;
  #crosshair: number | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #lastUpdate = 0;
  readonly #datasets = new Map<string, ChartDataset<'line', LinePoint[]>>();
  /** What the axes were made from last. */
  #frame: readonly unknown[] = [];
  /** False while chart.js draws from within its own constructor, when there is no `#chart` yet. */
  #ready = false;

  constructor(canvas: HTMLCanvasElement, view: LineChartView) {
    this.#view = view;
    this.#chart = new Chart<'line', LinePoint[]>(canvas, {
      type: 'line',
      data: { datasets: [] },
      options: {
        animation: false,
        parsing: false,
        normalized: true,
        responsive: true,
        maintainAspectRatio: false,
        events: [],
        layout: { padding: { top: MARK_ROOM } },
      },
      plugins: [this.#plugin()],
    });
    this.#ready = true;
    this.#apply();
  }

  /** Shows a newer view, soon. */
  show(view: LineChartView): void {
    const quick = view.palette !== this.#view.palette || view.logarithmic !== this.#view.logarithmic;
    this.#view = view;
    if (this.#timer !== undefined && !quick) return;
    clearTimeout(this.#timer);
    const wait = quick ? 0 : Math.max(0, this.#lastUpdate + UPDATE_MS - performance.now());
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#apply();
    }, wait);
  }

  /** Puts the crosshair at a value of x; null takes it away. */
  point(x: number | null): void {
    if (x === this.#crosshair) return;
    this.#crosshair = x;
    this.#chart.draw();
  }

  /** The value of x under a pixel of the canvas, within the drawing area. */
  valueAt(pixel: number): number | null {
    const { x } = this.#chart.scales;
    const { left, right } = this.#chart.chartArea;
    if (x === undefined || pixel < left - 4 || pixel > right + 4) return null;
    return x.getValueForPixel(Math.min(right, Math.max(left, pixel))) ?? null;
  }

  /** The pixel of a value of x. */
  pixelOf(x: number): number {
    return this.#chart.scales['x']?.getPixelForValue(x) ?? 0;
  }

  /** Converts a distance on the x axis from pixels to units of x. */
  extentOf(pixels: number): number {
    const { x } = this.#chart.scales;
    return x === undefined ? 0 : Math.abs(x.getValueForPixel(pixels)! - x.getValueForPixel(0)!);
  }

  destroy(): void {
    clearTimeout(this.#timer);
    this.#chart.destroy();
  }

  #apply(): void {
    this.#lastUpdate = performance.now();
    const { palette, xLabel, yLabel, logarithmic, xMax, percent } = this.#view;
    const labelWidth = this.#labelWidth();
    const frame = [palette, xLabel, yLabel, logarithmic, xMax, percent, labelWidth];
    // New options make chart.js resolve all of them again, so they are set only where they differ.
    if (frame.some((part, index) => part !== this.#frame[index])) this.#frameAxes(labelWidth);
    this.#frame = frame;
    this.#chart.data.datasets = this.#view.series.map((line) => this.#dataset(line));
    this.#chart.update('none');
  }

  /** Axes, grid and room for labels. */
  #frameAxes(labelWidth: number): void {
    const { palette, xLabel, yLabel, logarithmic, xMax, percent } = this.#view;
    const font = { family: palette.font, size: 11 };
    const ticks = { color: palette.muted, font, maxTicksLimit: 7, padding: 4 };
    const grid = { color: withAlpha(palette.line, 0.7), drawTicks: false };
    const border = { color: palette.line };
    this.#chart.options.scales = {
      x: {
        type: 'linear',
        min: 0,
        ...(xMax === null ? {} : { suggestedMax: xMax }),
        ticks: { ...ticks, maxRotation: 0, callback: (value) => formatNumber(Number(value)) },
        grid: { display: false },
        border,
        title: { display: true, text: xLabel, color: palette.muted, font, padding: 0 },
      },
      y: {
        type: logarithmic ? 'logarithmic' : 'linear',
        ticks: {
          ...ticks,
          callback: (value) => (percent ? `${formatNumber(Number(value) * 100, 3)} %` : formatNumber(Number(value), 3)),
        },
        grid,
        border,
        title: { display: yLabel !== '', text: yLabel, color: palette.muted, font, padding: 2 },
      },
    };
    this.#chart.options.layout = { padding: { top: MARK_ROOM, right: labelWidth, bottom: 0, left: 0 } };
  }

  /** The same object for the same line, so that chart.js keeps what it made for it. */
  #dataset({ id, points, stroke, colour }: ChartSeries): ChartDataset<'line', LinePoint[]> {
    const { palette, logarithmic } = this.#view;
    const solid = palette.series[colour - 1] ?? palette.text;
    const dataset = this.#datasets.get(id) ?? { data: [] };
    this.#datasets.set(id, dataset);
    return Object.assign(dataset, {
      data: points.filter(([, y]) => !logarithmic || y > 0).map(([x, y]) => ({ x, y })),
      borderColor: stroke === 'solid' ? solid : withAlpha(solid, stroke === 'thin' ? 0.22 : 0.7),
      backgroundColor: solid,
      borderWidth: { solid: 2, dashed: 1.5, thin: 1 }[stroke],
      borderDash: stroke === 'dashed' ? [5, 4] : [],
      pointRadius: 0,
      order: { solid: 0, dashed: 1, thin: 2 }[stroke],
    });
  }

  #labelled(): ChartSeries[] {
    return this.#view.series.filter((line) => line.endLabel !== false && line.points.length > 0);
  }

  /** Room right of the lines for their names. */
  #labelWidth(): number {
    const { ctx } = this.#chart;
    ctx.save();
    ctx.font = `11px ${this.#view.palette.font}`;
    const widths = this.#labelled().map((line) => ctx.measureText(line.label).width);
    ctx.restore();
    return Math.min(140, Math.max(8, ...widths.map((width) => Math.ceil(width) + 10)));
  }

  #plugin(): Plugin<'line'> {
    return {
      id: 'lamina',
      afterDatasetsDraw: () => {
        if (!this.#ready) return;
        const { ctx } = this.#chart;
        ctx.save();
        ctx.font = `11px ${this.#view.palette.font}`;
        ctx.textBaseline = 'middle';
        this.#drawFlags(ctx);
        this.#drawMarks(ctx);
        this.#drawEndLabels(ctx);
        this.#drawCrosshair(ctx);
        ctx.restore();
      },
    };
  }

  #drawEndLabels(ctx: CanvasRenderingContext2D): void {
    const { x, y } = this.#chart.scales;
    const { top, bottom } = this.#chart.chartArea;
    if (x === undefined || y === undefined) return;
    const lines = this.#labelled();
    const ends = lines.map((line) => line.points.at(-1)!);
    const wanted = ends.map((end) => Math.min(bottom, Math.max(top, y.getPixelForValue(end[1]))));
    const middles = spreadLabels(wanted, LABEL_GAP, top + 4, bottom - 4);
    lines.forEach((line, index) => {
      ctx.fillStyle = this.#view.palette.series[line.colour - 1] ?? this.#view.palette.text;
      const endX = x.getPixelForValue(ends[index]![0]);
      if (line.points.length === 1) {
        // One epoch makes no line yet.
        ctx.beginPath();
        ctx.arc(endX, y.getPixelForValue(ends[index]![1]), 3, 0, 2 * Math.PI);
        ctx.fill();
      }
      ctx.textAlign = 'left';
      this.#drawWords(ctx, line.label, endX + 6, middles[index]!);
    });
  }

  /** Words in the current fill with a rim of the ground, so that lines behind them do not cross them. */
  #drawWords(ctx: CanvasRenderingContext2D, text: string, x: number, y: number): void {
    ctx.lineWidth = 4;
    ctx.lineJoin = 'round';
    ctx.strokeStyle = this.#view.palette.surface;
    ctx.strokeText(text, x, y);
    ctx.fillText(text, x, y);
  }

  #drawMarks(ctx: CanvasRenderingContext2D): void {
    const { x, y } = this.#chart.scales;
    const { top, bottom, left, right } = this.#chart.chartArea;
    if (x === undefined || y === undefined) return;
    const { palette } = this.#view;
    const taken: [number, number][][] = [];
    for (const mark of this.#view.marks) {
      const px = x.getPixelForValue(mark.x);
      const py = y.getPixelForValue(mark.y);
      ctx.strokeStyle = palette.lineStrong;
      ctx.lineWidth = 1;
      ctx.setLineDash([2, 3]);
      ctx.beginPath();
      ctx.moveTo(px, top - MARK_ROOM + 4);
      ctx.lineTo(px, bottom);
      ctx.stroke();
      ctx.setLineDash([]);
      ctx.beginPath();
      ctx.arc(px, py, 4, 0, 2 * Math.PI);
      ctx.fillStyle = palette.surface;
      ctx.fill();
      ctx.lineWidth = 2;
      ctx.strokeStyle = palette.series[mark.colour - 1] ?? palette.text;
      ctx.stroke();
      const width = ctx.measureText(mark.label).width;
      ctx.textAlign = 'left';
      ctx.fillStyle = palette.muted;
      const wordsX = markWordsX(px, width, { left, right }, this.#chart.width);
      const line = markLine(wordsX, wordsX + width, taken);
      this.#drawWords(ctx, mark.label, wordsX, top - MARK_ROOM / 2 + line * LABEL_GAP);
    }
  }

  /** A pole on the x axis with a cloth, and a faint line through the plot. */
  #drawFlags(ctx: CanvasRenderingContext2D): void {
    const { x } = this.#chart.scales;
    const { top, bottom } = this.#chart.chartArea;
    if (x === undefined) return;
    const { palette, flags } = this.#view;
    for (const { at, flags: shown } of flagGroups(flags, (value) => x.getPixelForValue(value), FLAG.width)) {
      const colour = shown.some(({ tone }) => tone === 'ice') ? palette.ice : palette.muted;
      ctx.lineWidth = 1;
      ctx.strokeStyle = withAlpha(colour, 0.35);
      ctx.beginPath();
      ctx.moveTo(at, top);
      ctx.lineTo(at, bottom);
      ctx.stroke();
      ctx.strokeStyle = colour;
      ctx.fillStyle = colour;
      ctx.beginPath();
      ctx.moveTo(at, bottom);
      ctx.lineTo(at, bottom - FLAG.height);
      ctx.lineTo(at + FLAG.width, bottom - FLAG.height + FLAG.cloth / 2);
      ctx.lineTo(at, bottom - FLAG.height + FLAG.cloth);
      ctx.stroke();
      ctx.fill();
    }
  }

  #drawCrosshair(ctx: CanvasRenderingContext2D): void {
    const { x, y } = this.#chart.scales;
    if (this.#crosshair === null || x === undefined || y === undefined) return;
    const { top, bottom } = this.#chart.chartArea;
    const { palette, series } = this.#view;
    const px = x.getPixelForValue(this.#crosshair);
    ctx.strokeStyle = palette.lineStrong;
    ctx.lineWidth = 1;
    ctx.beginPath();
    ctx.moveTo(px, top);
    ctx.lineTo(px, bottom);
    ctx.stroke();
    for (const line of series) {
      const point = nearestPoint(line.points, this.#crosshair);
      if (point === null) continue;
      ctx.beginPath();
      ctx.arc(x.getPixelForValue(point[0]), y.getPixelForValue(point[1]), 3, 0, 2 * Math.PI);
      ctx.fillStyle = palette.series[line.colour - 1] ?? palette.text;
      ctx.fill();
    }
  }
}
