// Tests share nothing: each has an instance of its fixture. Many wait for processes, hence more at once than there are cores.
[assembly: Parallelizable(ParallelScope.All)]
[assembly: FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[assembly: LevelOfParallelism(4)]
