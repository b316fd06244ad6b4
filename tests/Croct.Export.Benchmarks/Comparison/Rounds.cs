using System.Diagnostics;

namespace Croct.Export.Benchmarks.Comparison;

/// <summary>Measures jobs in turns, so that other load on the machine affects all of them, and takes the median of each.</summary>
internal static class Rounds
{
    /// <summary>How long a job runs before it is measured: long enough for the just-in-time compiler to finish.</summary>
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(2);

    /// <summary>The medians of the jobs, in their order.</summary>
    public static async Task<T[]> MediansAsync<T>(int rounds, params Func<Task<T>>[] jobs)
    {
        foreach (var job in jobs)
        {
            var started = Stopwatch.GetTimestamp();
            do await job(); while (Stopwatch.GetElapsedTime(started) < WarmUp);
        }

        var samples = jobs.Select(_ => new List<T>()).ToArray();
        for (var round = 0; round < rounds; round++)
        {
            for (var job = 0; job < jobs.Length; job++) samples[job].Add(await jobs[job]());
        }

        return [.. samples.Select(list => list.Order().ElementAt(rounds / 2))];
    }
}
