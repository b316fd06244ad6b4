using System.Globalization;
using Spectre.Console;

namespace Croct.Export.Cli.Running;

/// <summary>How much is shown of a run.</summary>
internal enum Verbosity
{
    Quiet,
    Normal,
    Verbose,
}

/// <summary>Shows on standard error how far exports have come, and what they wait for: in place on a terminal, and a line now and then elsewhere.</summary>
internal sealed class ProgressDisplay
{
    private static readonly TimeSpan LineInterval = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan RefreshInterval = TimeSpan.FromMilliseconds(100);

    private readonly IReadOnlyList<ExportProgress> _streams;
    private readonly Verbosity _verbosity;
    private readonly bool _isUnitFoundOut;
    private readonly IAnsiConsole _console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
    private readonly Lock _lock = new();
    private readonly Dictionary<ExportProgress, TimeSpan> _lastLines = [];

    /// <param name="streams">What is shown.</param>
    /// <param name="verbosity">How much of it.</param>
    /// <param name="isUnitFoundOut">Whether the unit of windows is found out, and so worth telling.</param>
    public ProgressDisplay(IReadOnlyList<ExportProgress> streams, Verbosity verbosity, bool isUnitFoundOut)
    {
        (_streams, _verbosity, _isUnitFoundOut) = (streams, verbosity, isUnitFoundOut);
        if (verbosity != Verbosity.Verbose) return;
        foreach (var stream in streams)
        {
            stream.PageWritten += WritePage;
            stream.Retrying += WriteRetry;
        }
    }

    /// <summary>Whether the figures are shown in place: a terminal that cannot move its cursor, such as TERM=dumb, would show table after table.</summary>
    public bool IsInPlace => _verbosity == Verbosity.Normal && !Console.IsErrorRedirected && _console.Profile.Capabilities is { Interactive: true, Ansi: true };

    public async Task ShowAsync(Task exports)
    {
        if (_verbosity == Verbosity.Quiet) await exports;
        else if (IsInPlace) await _console.Live(Table()).AutoClear(true).StartAsync(live => WatchAsync(exports, () => live.UpdateTarget(Table())));
        else await WatchAsync(exports, WriteLines);
    }

    /// <summary>Shows the figures of all streams at their end, where they were shown in place.</summary>
    public void WriteTable()
    {
        if (IsInPlace && _streams.Any(IsWorthShowing)) _console.Write(Table());
    }

    /// <summary>Shows what came of a stream.</summary>
    public void WriteEnd(ExportProgress stream)
    {
        if (_verbosity == Verbosity.Quiet || !IsWorthShowing(stream)) return;
        if (!IsInPlace) Console.Error.WriteLine($"{(stream.IsComplete ? "Done" : "Stopped")}: {stream.Describe()}");
        if (stream is { IsComplete: false, Kept: { Sha256: not null } kept })
        {
            Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{kept.Rows:N0} {(kept.Rows == 1 ? $"{stream.Name[..^1]} of this run is" : $"{stream.Name} of this run are")} in {stream.File}; the same command continues after them."));
        }
    }

    /// <summary>A refusal before the first page is one line, that of the error.</summary>
    private static bool IsWorthShowing(ExportProgress stream) => (stream.IsComplete && !stream.IsIdle) || stream.Pages > 0;

    /// <summary>Shows the time go by also while a page is waited for.</summary>
    private static async Task WatchAsync(Task exports, Action show)
    {
        using var timer = new PeriodicTimer(RefreshInterval);
        while (!exports.IsCompleted)
        {
            show();
            await Task.WhenAny(exports, timer.WaitForNextTickAsync().AsTask());
        }

        await exports;
    }

    private void WriteLines()
    {
        lock (_lock)
        {
            foreach (var stream in _streams.Where(stream => !stream.IsComplete && stream.Failure is null && stream.Elapsed - _lastLines.GetValueOrDefault(stream) >= LineInterval))
            {
                WriteLine(stream, stream.Describe());
            }
        }
    }

    private void WritePage(ExportProgress stream)
    {
        // Streams side by side come here at the same time.
        lock (_lock)
        {
            if (_isUnitFoundOut && stream is { Pages: 1, TimeUnit: { } unit }) WriteLine(stream, $"{stream.Name}: the API takes windows in {unit.ToString().ToLowerInvariant()}");
            WriteLine(stream, string.Create(CultureInfo.InvariantCulture, $"{stream.Describe()}; page {stream.Pages}, next cursor {Terminal.Printable(stream.LastCursor ?? "none")}"));
        }
    }

    private void WriteRetry(ExportProgress stream, RetryAttempt attempt)
    {
        lock (_lock)
        {
            WriteLine(stream, string.Create(
                CultureInfo.InvariantCulture, $"{stream.Name}: attempt {attempt.Number} failed, the next one is in {attempt.Delay.TotalSeconds:0.0} s: {Failures.Describe(attempt.Exception!)}"));
        }
    }

    private void WriteLine(ExportProgress stream, string line)
    {
        _lastLines[stream] = stream.Elapsed;
        Console.Error.WriteLine(line);
    }

    /// <summary>The figures of the exports side by side, which is narrow enough for a terminal of 80 columns.</summary>
    private Table Table()
    {
        var table = new Table().RoundedBorder().AddColumn("").AddColumns([.. _streams.Select(stream => new TableColumn(stream.Name).RightAligned())]);
        var columns = _streams.Select(stream => stream.Figures()).ToList();
        for (var row = 0; row < columns[0].Count; row++)
        {
            if (columns.TrueForAll(figures => figures[row].Value.Length == 0)) continue;
            table.AddRow([new Text(columns[0][row].Name), .. columns.Select(figures => new Text(figures[row].Value))]);
        }

        return table;
    }
}
