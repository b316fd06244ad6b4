// Tests share nothing: each has its own instance of the fixture. Many wait for processes, so more of them run at once than there are cores.
[assembly: Parallelizable(ParallelScope.All)]
[assembly: FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[assembly: LevelOfParallelism(4)]
