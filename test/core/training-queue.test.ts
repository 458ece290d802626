import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { TrainingQueue } from '../../src-main/core/training/training-queue.ts';
import type { QueuePlace } from '../../src-main/core/training/training-queue.ts';
import { waitingRuns } from '../../src-shared/training/run/run-queue.ts';
import { byPortion } from '../support/portion.ts';
import { exitAfterKills } from '../support/critical-section.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** Runs of each core; it is killed in about one of five. */
const ROUNDS = byPortion({ quick: 4, ci: 8, soak: 50 });

/** A core's queue whose events are recorded: 'start 1', 'remove 2'. */
class Member {
  readonly events: string[] = [];
  readonly queue: TrainingQueue;
  limit: number;

  constructor(configFolder: string, limit = 1) {
    this.limit = limit;
    this.queue = new TrainingQueue(configFolder, { limit: async () => this.limit, onChange: () => {} });
    onTestFinished(() => this.queue.close());
  }

  async enter(number: number, now = false): Promise<QueuePlace> {
    const run = { folder: '/project', project: 'project', runId: `run-${number}`, number, name: `run ${number}` };
    const turn = {
      start: () => void this.events.push(`start ${number}`),
      remove: () => void this.events.push(`remove ${number}`),
    };
    const place = this.queue.enter(run, turn, now);
    await place.decided;
    return place;
  }

  async states(): Promise<string[]> {
    return (await this.queue.list()).map(({ number, state }) => `${state} ${number}`);
  }

  async keyOf(number: number): Promise<string> {
    return (await this.queue.list()).find((run) => run.number === number)!.key;
  }
}

function startMember(config: string, mark: string, rounds: number) {
  const program = join(import.meta.dirname, 'queue-member.ts');
  const child = spawn(process.execPath, [program, config, mark, String(rounds)], { stdio: 'inherit' });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  return child;
}

const queueFile = (config: string): string => {
  const folder = join(config, 'queue');
  return join(
    folder,
    readdirSync(folder).find((name) => name.endsWith('.json'))!,
  );
};

describe('one core', () => {
  test('a run above the limit waits until one has ended', async () => {
    const member = new Member(temporaryFolder());
    const first = await member.enter(1);
    await member.enter(2);
    expect(member.events).toEqual(['start 1']);
    expect(await member.states()).toEqual(['training 1', 'waiting 2']);
    first.leave();
    await member.queue.check();
    expect(member.events).toEqual(['start 1', 'start 2']);
    expect(await member.states()).toEqual(['training 2']);
  });

  test('runs start in the order into which they were moved', async () => {
    const member = new Member(temporaryFolder());
    const first = await member.enter(1);
    for (const number of [2, 3, 4]) await member.enter(number);
    await member.queue.move(await member.keyOf(4), await member.keyOf(2));
    await member.queue.move(await member.keyOf(2), null);
    await member.queue.move('unknown', null);
    expect(await member.states()).toEqual(['training 1', 'waiting 4', 'waiting 3', 'waiting 2']);
    first.leave();
    await member.queue.check();
    expect(member.events).toEqual(['start 1', 'start 4']);
  });

  test('a removed run leaves the queue; one that trains stays', async () => {
    const member = new Member(temporaryFolder());
    await member.enter(1);
    await member.enter(2);
    await member.queue.remove(await member.keyOf(1));
    await member.queue.remove(await member.keyOf(2));
    expect(member.events).toEqual(['start 1', 'remove 2']);
    expect(await member.states()).toEqual(['training 1']);
  });

  test('a paused run frees its place, and trains again without waiting', async () => {
    const member = new Member(temporaryFolder());
    const first = await member.enter(1);
    await member.enter(2);
    first.setPaused(true);
    await member.queue.check();
    expect(member.events).toEqual(['start 1', 'start 2']);
    expect(await member.states()).toEqual(['paused 1', 'training 2']);
    first.setPaused(false);
    await member.enter(3);
    expect(await member.states()).toEqual(['training 1', 'training 2', 'waiting 3']);
  });

  test('a run that is to start now does not wait, and counts', async () => {
    const member = new Member(temporaryFolder());
    const first = await member.enter(1);
    await member.enter(2);
    await member.enter(3, true);
    expect(member.events).toEqual(['start 1', 'start 3']);
    expect(await member.states()).toEqual(['training 1', 'waiting 2', 'training 3']);
    first.leave();
    expect(await member.states()).toEqual(['waiting 2', 'training 3']);
  });

  test('a greater limit starts runs that wait; a smaller one stops none', async () => {
    const member = new Member(temporaryFolder());
    for (const number of [1, 2, 3]) await member.enter(number);
    member.limit = 2;
    expect(await member.states()).toEqual(['training 1', 'training 2', 'waiting 3']);
    member.limit = 1;
    expect(await member.states()).toEqual(['training 1', 'training 2', 'waiting 3']);
  });

  test('a damaged or missing file loses no run of a core that is alive', async () => {
    const config = temporaryFolder();
    const member = new Member(config);
    await member.enter(1);
    await member.enter(2);
    writeFileSync(queueFile(config), '{"runs": [');
    expect(await member.states()).toEqual(['training 1', 'waiting 2']);
    rmSync(queueFile(config));
    expect(await member.states()).toEqual(['training 1', 'waiting 2']);
    expect(member.events).toEqual(['start 1']);
  });

  test('without a writable folder the limit holds for its runs only', async () => {
    const config = join(temporaryFolder(), 'file');
    writeFileSync(config, '');
    const [member, other] = [new Member(config), new Member(config)];
    const first = await member.enter(1);
    await member.enter(2);
    await other.enter(3);
    expect(member.events).toEqual(['start 1']);
    expect(other.events).toEqual(['start 3']);
    first.leave();
    await member.queue.check();
    expect(member.events).toEqual(['start 1', 'start 2']);
  });
});

describe('several cores', () => {
  test('share limit and order', async () => {
    const config = temporaryFolder();
    const [left, right] = [new Member(config), new Member(config)];
    const first = await left.enter(1);
    await right.enter(2);
    await left.enter(3);
    expect(await right.states()).toEqual(['training 1', 'waiting 2', 'waiting 3']);
    await left.queue.move(await left.keyOf(3), await left.keyOf(2));
    first.leave();
    await left.queue.check();
    expect(left.events).toEqual(['start 1', 'start 3']);
    expect(await right.states()).toEqual(['training 3', 'waiting 2']);
    await left.queue.close();
    expect(await right.states()).toEqual(['training 2']);
    expect(right.events).toEqual(['start 2']);
  });

  test('while the file cannot be read no run that waits starts, and no entry is lost', async () => {
    const config = temporaryFolder();
    const [left, right] = [new Member(config), new Member(config)];
    const first = await left.enter(1);
    const file = queueFile(config);
    renameSync(file, `${file}.kept`);
    mkdirSync(file);
    await right.enter(2);
    await right.enter(3, true);
    expect(right.events).toEqual(['start 3']);
    rmdirSync(file);
    renameSync(`${file}.kept`, file);
    expect(await right.states()).toEqual(['training 1', 'waiting 2', 'training 3']);
    first.leave();
    expect(await left.states()).toEqual(['waiting 2', 'training 3']);
  });

  test('a run of another core can be removed', async () => {
    const config = temporaryFolder();
    const [left, right] = [new Member(config), new Member(config)];
    await left.enter(1);
    await right.enter(2);
    await left.queue.remove(await left.keyOf(2));
    await expect.poll(() => right.events).toEqual(['remove 2']);
    expect(waitingRuns(await left.queue.list())).toEqual([]);
  });

  test('a waiting run whose core does not answer lets others pass', async () => {
    const config = temporaryFolder();
    const [left, right] = [new Member(config), new Member(config)];
    const first = await left.enter(1);
    await right.enter(2);
    await left.enter(3);
    await right.queue.close();
    const text = JSON.parse(readFileSync(queueFile(config), 'utf8')) as { runs: Record<string, unknown>[] };
    const silent = { ...text.runs[0], key: 'silent', core: 'suspended', number: 2, state: 'waiting', seenAt: 0 };
    writeFileSync(queueFile(config), JSON.stringify({ runs: [silent, ...text.runs] }));
    first.leave();
    await left.queue.check();
    expect(left.events).toEqual(['start 1', 'start 3']);
    expect(await left.states()).toEqual(['waiting 2', 'training 3']);
  });

  test('a killed core frees its place', async () => {
    const config = temporaryFolder();
    const mark = join(temporaryFolder(), 'trains');
    const child = startMember(config, mark, 0);
    await expect.poll(() => existsSync(mark)).toBe(true);
    const member = new Member(config);
    await member.enter(2);
    expect(await member.states()).toEqual(['training 1', 'waiting 2']);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(await member.states()).toEqual(['training 2']);
    expect(member.events).toEqual(['start 2']);
  });

  test('never train more than the limit while cores are killed', async () => {
    const config = temporaryFolder();
    const mark = join(temporaryFolder(), 'trains');
    const train = () => exitAfterKills(() => startMember(config, mark, ROUNDS));
    expect(await Promise.all([train(), train(), train()])).toEqual([0, 0, 0]);
    const member = new Member(config);
    await member.enter(1);
    expect(await member.states()).toEqual(['training 1']);
  });
});
