'use strict'
// A jest environment without a vm context of its own. In jest's own environment a test has other `Array`s, `Error`s and
// typed arrays than Node's core and native addons: ONNX Runtime then refuses tensors, and `deepStrictEqual` refuses
// objects that came from another process. The next file of a worker finds the globals as the one before it found them.
const vm = require('node:vm')
const { LegacyFakeTimers, ModernFakeTimers } = require('@jest/fake-timers')
const { ModuleMocker } = require('jest-mock')

/** Contexts that stand for "none": jest insists on one, and keys its module registry by it. */
const placeholders = new WeakSet()

/** The options without `key`, if that names a placeholder: Node then compiles for the main context. */
function inMainContext(options, key) {
  if (!options || !placeholders.has(options[key])) return options
  const { [key]: _placeholder, ...rest } = options
  return rest
}

/** Replaces the three functions by which jest compiles code for a context. Once per process. */
function patchVm() {
  if (vm.compileFunction.oneRealm) return
  const { SourceTextModule, SyntheticModule, compileFunction } = vm
  const patched = (code, parameters, options) =>
    compileFunction(code, parameters, inMainContext(options, 'parsingContext'))
  vm.compileFunction = Object.assign(patched, { oneRealm: true })
  vm.SourceTextModule = class extends SourceTextModule {
    constructor(code, options) {
      super(code, inMainContext(options, 'context'))
    }
  }
  vm.SyntheticModule = class extends SyntheticModule {
    constructor(names, evaluate, options) {
      super(names, evaluate, inMainContext(options, 'context'))
    }
  }
}

/** What is set on the global object, by name or symbol: without looking into what Node loads at the first look. */
const globals = () => new Map(Reflect.ownKeys(globalThis).map((key) => [key, ownGlobal(key)]))
const ownGlobal = (key) => Reflect.getOwnPropertyDescriptor(globalThis, key)

/**
 * Undoes what was set, replaced and deleted since. jest's symbols count too: its event handlers would pile up, each with
 * all modules of its file, and a `jest.setTimeout` would hold for the next file. What cannot be changed stays, in silence.
 */
function restore(before) {
  for (const key of Reflect.ownKeys(globalThis)) if (!before.has(key)) Reflect.deleteProperty(globalThis, key)
  for (const [key, was] of before) {
    const now = ownGlobal(key)
    if (!now || !Object.is(now.value, was.value) || now.get !== was.get) Reflect.defineProperty(globalThis, key, was)
  }
}

module.exports = class OneRealmEnvironment {
  constructor({ projectConfig }) {
    patchVm()
    this.global = globalThis
    this.globalsBefore = globals()
    this.context = vm.createContext()
    placeholders.add(this.context)
    this.moduleMocker = new ModuleMocker(globalThis)
    const timerConfig = {
      idToRef: (id) => ({
        id,
        ref() {
          return this
        },
        unref() {
          return this
        },
      }),
      refToId: (timer) => timer?.id,
    }
    this.fakeTimers = new LegacyFakeTimers({
      config: projectConfig,
      global: globalThis,
      moduleMocker: this.moduleMocker,
      timerConfig,
    })
    this.fakeTimersModern = new ModernFakeTimers({ config: projectConfig, global: globalThis })
  }

  async setup() {}

  async teardown() {
    this.fakeTimers.dispose()
    this.fakeTimersModern.dispose()
    this.context = null
    restore(this.globalsBefore)
  }

  exportConditions() {
    return ['node', 'node-addons']
  }

  getVmContext() {
    return this.context
  }
}
