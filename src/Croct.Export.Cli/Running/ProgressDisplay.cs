using System.Globalization;
using Croct.Export.Cli.Destinations;
using Spectre.Console;

namespace Croct.Export.Cli.Running;

/// <summary>The amount of output about a run.</summary>
internal enum Verbosity
{
    Quiet,
    Normal,
    Verbose,
}

/// <summary>Shows the progress of exports on standard error: updated in place on a terminal, otherwise as a line every 10 seconds.</summary>
internal sealed class ProgressDisplay
{
    private static readonly TimeSpan LineInterval = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan RefreshInterval = TimeSpan.FromMilliseconds(100);

    private readonly IReadOnlyList<ExportProgress> _streams;
    private readonly Verbosity _verbosity;
    private readonly bool _isUnitDetected;
    private readonly IAnsiConsole _console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
    private readonly Lock _lock = new();
    private readonly Dictionary<ExportProgress, TimeSpan> _lastLines = [];

    /// <param name="streams">The streams to show.</param>
    /// <param name="verbosity">The amount of output.</param>
    /// <param name="isUnitDetected">Whether the unit of windows is detected, in which case it is shown.</param>
    public ProgressDisplay(IReadOnlyList<ExportProgress> streams, Verbosity verbosity, bool isUnitDetected)
    {
        (_streams, _verbosity, _isUnitDetected) = (streams, verbosity, isUnitDetected);
        if (verbosity != Verbosity.Verbose) return;
        foreach (var stream in streams)
        {
            stream.PageWritten += WritePage;
            stream.Retrying += WriteRetry;
        }
    }

    /// <summary>
    /// Whether the figures are updated in place. A terminal that cannot move its cursor, such as TERM=dumb, would show one table after the other.
    /// </summary>
    public bool IsInPlace =>
        _verbosity == Verbosity.Normal && !Console.IsErrorRedirected && _console.Profile.Capabilities is { Interactive: true, Ansi: true };

    /// <summary>Whether only warnings and errors are shown.</summary>
    public bool IsQuiet => _verbosity == Verbosity.Quiet;

    public async Task ShowAsync(Task exports)
    {
        if (IsQuiet) await exports;
        else if (IsInPlace) await _console.Live(Figures()).AutoClear(true).StartAsync(live => WatchAsync(exports, () => live.UpdateTarget(Figures())));
        else await WatchAsync(exports, WriteLines);
    }

    /// <summary>Shows the final figures of all streams, if they were updated in place.</summary>
    public void WriteTable()
    {
        if (IsInPlace && _streams.Any(IsWorthShowing)) _console.Write(Figures());
    }

    /// <summary>Shows the result of a stream.</summary>
    public void WriteEnd(ExportProgress stream)
    {
        if (IsQuiet || !IsWorthShowing(stream)) return;
        if (!IsInPlace) Console.Error.WriteLine($"{(stream.IsComplete ? "Done" : "Stopped")}: {stream.Describe()}");
        if (stream is { IsComplete: false, Kept: { } kept } && (kept.Sha256 is not null || kept.Rows > 0))
        {
            var rows = kept.Rows == 1 ? $"{stream.Name[..^1]} of this run is" : $"{stream.Name} of this run are";
            Console.Error.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"{kept.Rows:N0} {rows} in {stream.File}; the same command continues after them."));
        }
    }

    /// <summary>If a stream fails before its first page, only the error is shown.</summary>
    private static bool IsWorthShowing(ExportProgress stream) => (stream.IsComplete && !stream.IsIdle) || stream.Pages > 0;

    /// <summary>Refreshes the display regularly, also while the export waits for a page.</summary>
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
            foreach (var stream in _streams.Where(stream => !stream.IsComplete && stream.Failure is null))
            {
                if (stream.Elapsed - _lastLines.GetValueOrDefault(stream) >= LineInterval) WriteLine(stream, stream.Describe());
            }
        }
    }

    private void WritePage(ExportProgress stream)
    {
        // Concurrent streams call this at the same time.
        lock (_lock)
        {
            if (_isUnitDetected && stream is { Pages: 1, TimeUnit: { } unit })
            {
                WriteLine(stream, $"{stream.Name}: the API expects windows in {unit.ToString().ToLowerInvariant()}");
            }

            WriteLine(stream, string.Create(
                CultureInfo.InvariantCulture,
                $"{stream.Describe()}; page {stream.Pages}, next cursor {Terminal.Printable(stream.LastCursor ?? "none")}"));
        }
    }

    private void WriteRetry(ExportProgress stream, FailedAttempt attempt)
    {
        lock (_lock)
        {
            WriteLine(stream, string.Create(
                CultureInfo.InvariantCulture,
                $"{stream.Name}: attempt {attempt.Number} failed, retrying in {attempt.Delay.TotalSeconds:0.0} s: {Failures.Describe(attempt.Exception)}"));
        }
    }

    private void WriteLine(ExportProgress stream, string line)
    {
        _lastLines[stream] = stream.Elapsed;
        Console.Error.WriteLine(line);
    }

    /// <summary>The calendars of slices, if there are any, and the figures.</summary>
    private Rows Figures()
    {
        var lines = _streams.SelectMany(DrawCalendar).ToList();
        if (lines.Count > 0) lines.Add(SliceCalendar.Legend);
        if (lines.Count > 0 && _streams.Count > 1)
        {
            var (rows, seconds) = (_streams.Sum(stream => stream.Rows), Math.Max(_streams.Max(stream => stream.Elapsed.TotalSeconds), 0.001));
            lines.Add(string.Create(CultureInfo.InvariantCulture, $"all streams: {rows:N0} rows, {rows / seconds:N0} rows/s"));
        }

        return new Rows([.. lines.Select(line => new Text(line)), Table()]);
    }

    /// <summary>The lines of a stream's calendar around those that are not complete, so that all streams fit on the terminal with the table.</summary>
    private IEnumerable<string> DrawCalendar(ExportProgress stream)
    {
        const int MaxLines = 12;
        const int OtherLines = 18;
        if (stream.Slices.Count == 0) yield break;
        var lines = SliceCalendar.Draw([.. stream.Slices.Select(slice => (slice.Slice, SliceCalendar.GetMark(slice.State)))]);
        var max = Math.Clamp(((_console.Profile.Height - OtherLines) / _streams.Count) - 1, 1, MaxLines);
        var first = Math.Clamp(lines.TakeWhile(line => line.IsComplete).Count() - 1, 0, Math.Max(0, lines.Count - max));
        yield return lines.Count > max ? $"{stream.Name}, lines {first + 1} to {first + max} of {lines.Count}" : stream.Name;
        foreach (var (text, _) in lines.Skip(first).Take(max)) yield return $"  {text}";
    }

    /// <summary>The figures with one column per stream, which is narrow enough for a terminal with 80 columns.</summary>
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
