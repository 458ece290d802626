import { AppError } from '../../../../src-shared/errors/app-error.ts';
import type { ProjectSnapshot } from '../../../../src-shared/contract/contract.ts';
import { PROJECT_FILE } from '../../../../src-shared/project/project-document.ts';
import { ProjectService } from '../../../core/projects/documents/project-service.ts';

/**
 * Reads a project's documents as they are on disk. A command works with what is written
 * there or not at all, so a damaged document is an error here, and so is one of a newer Lamina.
 *
 * @throws AppError 'project/…', 'document/…' or 'dataset/…' naming the file and what is wrong.
 */
export async function readProject(folder: string): Promise<ProjectSnapshot> {
  const snapshot = await checkProject(folder);
  const damage = snapshot.warnings.find(
    ({ code, details }) => code !== 'project/missing-document' || details['fileName'] !== PROJECT_FILE,
  );
  const problem = snapshot.readOnly ?? damage;
  if (problem !== undefined) throw AppError.from(problem);
  return snapshot;
}

/** @throws AppError 'project/…' where the folder is no project; damaged documents do not matter. */
export async function checkProject(folder: string): Promise<ProjectSnapshot> {
  const project = await ProjectService.open(folder, { create: false, watch: false }, () => {});
  await project.close();
  return project.snapshot();
}
