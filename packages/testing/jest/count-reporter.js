/** Prints every skipped test with its reason (`name # reason`), and last `N passed, N failed[, N skipped]`. */
export default class CountReporter {
  constructor(globalConfig) {
    this.filtered = Boolean(globalConfig.testNamePattern)
  }

  onRunComplete(_contexts, results) {
    const tests = results.testResults.flatMap((file) => file.testResults)
    // With `-t`, jest reports all other tests as pending, too.
    const skipped = tests.filter(
      ({ status, fullName }) => status === 'pending' && (!this.filtered || fullName.includes(' # ')),
    )
    const unexplained = skipped.filter(({ fullName }) => !fullName.includes(' # '))
    for (const { fullName } of skipped)
      console.log(
        fullName.includes(' # ')
          ? `skipped  ${fullName}`
          : `FAILED   ${fullName}: a skip needs a reason (use testUnless)`,
      )
    const broken = results.testResults.filter((file) => file.testExecError).length
    const failed = results.numFailedTests + broken + unexplained.length
    this.error = failed || !results.numPassedTests ? new Error('tests failed') : undefined
    const skips = skipped.length - unexplained.length
    // jest's own summary comes after every reporter, and this line has to be the last.
    process.once('exit', () =>
      console.log(`${results.numPassedTests} passed, ${failed} failed${skips ? `, ${skips} skipped` : ''}`),
    )
  }

  getLastError() {
    return this.error
  }
}
