import { join } from 'node:path'
import { Graph, type GraphOptions, type GraphShape } from '../ort.js'
import { graphTable, type GraphName } from './graph-table.js'

type GraphOf<Shape> = Shape extends GraphShape<infer I, infer O> ? Graph<I, O> : never

/** Opened graphs by name. */
export type ModelGraphs = { [Name in GraphName]: GraphOf<(typeof graphTable)[Name]> }

/**
 * Opens graphs of a folder; closes those already open when one fails.
 *
 * @param files - file of each graph wanted
 * @throws DeviceUnavailableError, GraphError
 */
export async function openGraphs<Names extends GraphName>(
  folder: string,
  files: Record<Names, string>,
  options: GraphOptions,
): Promise<Pick<ModelGraphs, Names>> {
  const opened: Partial<Record<string, Graph<string, string>>> = {}
  try {
    for (const [name, file] of Object.entries(files) as [Names, string][]) {
      opened[name] = await Graph.open<string, string>(join(folder, file), graphTable[name], options)
    }
  } catch (error) {
    await closeGraphs(opened)
    throw error
  }
  return opened as Pick<ModelGraphs, Names>
}

/** Closes graphs. */
export async function closeGraphs(graphs: Partial<Record<string, Graph<string, string>>>): Promise<void> {
  for (const graph of Object.values(graphs)) await graph?.close()
}
