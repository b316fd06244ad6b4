using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Spectre.Console;

namespace Croct.Export.Cli.Output;

/// <summary>Shows on standard error how far exports have come: in place on a terminal, and a line now and then elsewhere.</summary>
internal sealed class ProgressDisplay(IReadOnlyList<ExportProgress> exports, bool quiet, bool verbose)
{
    private static readonly TimeSpan LineInterval = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan RefreshInterval = TimeSpan.FromMilliseconds(100);

    private readonly IAnsiConsole _console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
    private readonly Lock _lock = new();
    private readonly Dictionary<ExportProgress, TimeSpan> _lastLines = [];

    private bool IsInPlace => !quiet && !verbose && !Console.IsErrorRedirected && _console.Profile.Capabilities.Interactive;

    public async Task RunAsync(Func<Task> export)
    {
        using var meter = ListenToMeter();
        try
        {
            if (IsInPlace)
            {
                await _console.Live(Table()).AutoClear(true).StartAsync(live => ShowAsync(live, export()));
            }
            else
            {
                if (!quiet) foreach (var progress in exports) progress.Changed += WriteLine;
                await export();
            }
        }
        finally
        {
            if (!quiet) WriteEnd();
        }
    }

    /// <summary>Shows the time go by also while a page is waited for.</summary>
    private async Task ShowAsync(LiveDisplayContext live, Task export)
    {
        while (!export.IsCompleted)
        {
            live.UpdateTarget(Table());
            await Task.WhenAny(export, Task.Delay(RefreshInterval));
        }

        await export;
    }

    private void WriteEnd()
    {
        // A refusal before the first page is one line, that of the error.
        var begun = exports.Where(progress => progress.IsComplete || progress.Pages > 0).ToList();
        if (IsInPlace && begun.Count > 0) _console.Write(Table());
        foreach (var progress in begun)
        {
            if (!IsInPlace) Console.Error.WriteLine($"{(progress.IsComplete ? "Done" : "Stopped")}: {progress.Describe()}");
            if (progress is { IsComplete: false, Kept: { Sha256: not null } kept })
            {
                Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{kept.Rows:N0} {progress.Name} of this run are in {progress.File}; the same command goes on behind them."));
            }
        }
    }

    private void WriteLine(ExportProgress progress)
    {
        // Streams side by side come here at the same time.
        lock (_lock)
        {
            if (verbose)
            {
                Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{progress.Describe()}; page {progress.Pages}, next cursor {Printable(progress.LastCursor ?? "none")}"));
            }
            else if (progress.Elapsed - _lastLines.GetValueOrDefault(progress) >= LineInterval)
            {
                _lastLines[progress] = progress.Elapsed;
                Console.Error.WriteLine(progress.Describe());
            }
        }
    }

    /// <summary>A cursor is text of the server, which is not to command the terminal.</summary>
    private static JsonEncodedText Printable(string cursor) => JsonEncodedText.Encode(cursor, JavaScriptEncoder.UnsafeRelaxedJsonEscaping);

    /// <summary>The figures of the exports side by side, which is narrow enough for a terminal of 80 columns.</summary>
    private Table Table()
    {
        var table = new Table().RoundedBorder().AddColumn("").AddColumns([.. exports.Select(progress => new TableColumn(progress.Name).RightAligned())]);
        var columns = exports.Select(progress => progress.Figures()).ToList();
        for (var row = 0; row < columns[0].Count; row++)
        {
            if (columns.TrueForAll(figures => figures[row].Value.Length == 0)) continue;
            table.AddRow([new Text(columns[0][row].Name), .. columns.Select(figures => new Text(figures[row].Value))]);
        }

        return table;
    }

    /// <summary>The client counts its retries, and the values of another type than expected, in its meter, by the operation.</summary>
    private MeterListener ListenToMeter()
    {
        var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument is { Meter.Name: "Croct.Export", Name: "croct.export.retries" or "croct.export.values.unexpected" }) listener.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, count, tags, _) =>
        {
            var operation = tags[0].Value as string;
            var progress = exports.FirstOrDefault(progress => string.Equals(operation, $"export{progress.Name}", StringComparison.OrdinalIgnoreCase));
            if (instrument.Name == "croct.export.retries") progress?.AddRetry();
            else progress?.AddUnexpectedValues(count);
        });
        listener.Start();
        return listener;
    }
}
