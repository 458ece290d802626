import Sqlite from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { migrate, openDatabase, databasePath } from '../../src-main/runs/database.ts';
import { migrations } from '../../src-main/runs/migrations.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const tables = (database: Sqlite.Database): unknown[] =>
  database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").pluck().all();

describe('migrations', () => {
  it('migrate an empty database to the newest version', () => {
    const database = openDatabase(temporaryFolder());
    expect(database.pragma('user_version', { simple: true })).toBe(migrations.length);
    expect(database.pragma('journal_mode', { simple: true })).toBe('wal');
    database.close();
  });

  it('version 1 has tables for runs, steps, epochs, log and checkpoints', () => {
    const database = new Sqlite(':memory:');
    migrate(database, ':memory:', migrations.slice(0, 1));
    expect(tables(database)).toEqual([
      'checkpoints',
      'cores',
      'counters',
      'epochs',
      'log_lines',
      'runs',
      'step_losses',
    ]);
  });

  it('version 2 adds the data record of runs', () => {
    const database = new Sqlite(':memory:');
    migrate(database, ':memory:', migrations.slice(0, 2));
    const columns = database.prepare("SELECT name FROM pragma_table_info('runs')").pluck().all();
    expect(columns).toContain('data_record');
  });

  it('version 3 adds what completed a run before its last epoch', () => {
    const database = new Sqlite(':memory:');
    migrate(database, ':memory:', migrations.slice(0, 3));
    const columns = database.prepare("SELECT name FROM pragma_table_info('runs')").pluck().all();
    expect(columns).toContain('ended_by');
  });

  it('version 4 records the files that runs with weights of another run started from', () => {
    const database = new Sqlite(':memory:');
    migrate(database, ':memory:', migrations.slice(0, 3));
    const run = `INSERT INTO runs (id, number, name, state, created_at, model, dataset, configuration, versions,
        continued_from, continued_mode, continued_checkpoint)
      VALUES (?, ?, '', 'stopped', '', '{}', '{}', '{}', '{}', ?, ?, ?)`;
    const insert = database.prepare(run);
    insert.run('a', 1, null, null, null);
    insert.run('b', 2, 'a', 'weights', 'best');
    insert.run('c', 3, 'a', 'resume', 'best');
    insert.run('d', 4, 'gone', 'weights', 'best');
    database.exec("INSERT INTO checkpoints VALUES ('a', 'best', 1, 1, 0, '{}', 'file', 1, '')");
    migrate(database, ':memory:', migrations.slice(0, 4));
    expect(database.prepare('SELECT id, start_artifact FROM runs ORDER BY id').raw().all()).toEqual([
      ['a', null],
      ['b', 'file'],
      ['c', null],
      ['d', null],
    ]);
    expect(database.prepare('SELECT * FROM artifact_owners').all()).toEqual([
      { sha256: 'file', run_id: 'b', core_id: null },
    ]);
    expect(tables(database)).toEqual(expect.arrayContaining(['artifact_owners', 'artifacts']));
  });

  it('version 5 adds commands of runs, and requests for them', () => {
    const database = new Sqlite(':memory:');
    migrate(database, ':memory:', migrations.slice(0, 5));
    expect(tables(database)).toEqual(expect.arrayContaining(['command_requests', 'run_commands']));
    const columns = database.prepare("SELECT name FROM pragma_table_info('runs')").pluck().all();
    expect(columns).toContain('start_step');
  });

  it('version 6 records the files with the frozen tensors of others', () => {
    const database = new Sqlite(':memory:');
    migrate(database, ':memory:', migrations.slice(0, 6));
    expect(tables(database)).toContain('artifact_parts');
  });

  it('version 7 uses no id of a command request twice', () => {
    const database = new Sqlite(':memory:');
    migrate(database, ':memory:', migrations.slice(0, 7));
    database.pragma('foreign_keys = OFF');
    const add = database
      .prepare("INSERT INTO command_requests (run_id, command) VALUES ('a', '{}') RETURNING id")
      .pluck();
    expect(add.get()).toBe(1);
    database.exec('DELETE FROM command_requests');
    expect(add.get()).toBe(2);
  });

  it('version 8 records refused commands', () => {
    const database = new Sqlite(':memory:');
    migrate(database, ':memory:', migrations.slice(0, 8));
    expect(tables(database)).toContain('refused_commands');
  });

  it('version 9 adds the hashes of the weights', () => {
    const database = new Sqlite(':memory:');
    migrate(database, ':memory:', migrations.slice(0, 9));
    const columns = database.prepare("SELECT name FROM pragma_table_info('runs')").pluck().all();
    expect(columns).toContain('freezing');
  });

  it('version 10 records groups of runs', () => {
    const database = new Sqlite(':memory:');
    migrate(database, ':memory:', migrations.slice(0, 10));
    expect(tables(database)).toContain('run_groups');
    const columns = database.prepare("SELECT name FROM pragma_table_info('runs')").pluck().all();
    expect(columns).toEqual(expect.arrayContaining(['group_id', 'group_variant', 'group_seed']));
  });

  it('run each step once and in order, from any version', () => {
    const database = new Sqlite(':memory:');
    const steps = ['CREATE TABLE one (a) STRICT', 'x'].map((_, i) => `CREATE TABLE t${i} (a INTEGER) STRICT`);
    migrate(database, ':memory:', steps.slice(0, 1));
    migrate(database, ':memory:', steps);
    migrate(database, ':memory:', steps);
    expect(tables(database)).toEqual(['t0', 't1']);
  });

  it('roll back when a step fails', () => {
    const database = new Sqlite(':memory:');
    expect(() => migrate(database, ':memory:', ['CREATE TABLE a (x INTEGER) STRICT', 'CREATE NONSENSE'])).toThrow();
    expect(tables(database)).toEqual([]);
    expect(database.pragma('user_version', { simple: true })).toBe(0);
  });

  it('reject a database of a later version', () => {
    const folder = temporaryFolder();
    openDatabase(folder).close();
    const later = new Sqlite(databasePath(folder));
    later.pragma('user_version = 999');
    later.close();
    expect(() => openDatabase(folder)).toThrow(expect.objectContaining({ code: 'runs/newer' }));
  });
});
