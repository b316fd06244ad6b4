using System.Diagnostics.Metrics;
using System.Globalization;
using Spectre.Console;

namespace Croct.Export.Cli.Output;

/// <summary>Shows on standard error how far exports have come: in place on a terminal, and a line now and then elsewhere.</summary>
internal sealed class ProgressDisplay(IReadOnlyList<ExportProgress> exports, bool quiet, bool verbose)
{
    private static readonly TimeSpan LineInterval = TimeSpan.FromSeconds(10);

    private readonly IAnsiConsole _console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
    private readonly Lock _lock = new();
    private readonly Dictionary<ExportProgress, TimeSpan> _lastLines = [];

    private bool IsInPlace => !quiet && !verbose && !Console.IsErrorRedirected && _console.Profile.Capabilities.Interactive;

    public async Task RunAsync(Func<Task> export)
    {
        using var meter = ListenToMeter();
        if (IsInPlace)
        {
            await _console.Live(Table()).AutoClear(true).StartAsync(async live =>
            {
                foreach (var progress in exports) progress.Changed += _ => Show(() => live.UpdateTarget(Table()));
                await export();
            });
        }
        else
        {
            if (!quiet) foreach (var progress in exports) progress.Changed += WriteLine;
            await export();
        }

        if (quiet) return;
        if (IsInPlace) _console.Write(Summary());
        else foreach (var progress in exports) await Console.Error.WriteLineAsync($"Done: {progress.Describe()}");
    }

    private void Show(Action show)
    {
        lock (_lock) show();
    }

    private void WriteLine(ExportProgress progress) => Show(() =>
    {
        if (verbose)
        {
            Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{progress.Describe()}; page {progress.Pages}, next cursor {progress.LastCursor ?? "none"}"));
        }
        else if (progress.Elapsed - _lastLines.GetValueOrDefault(progress) >= LineInterval)
        {
            _lastLines[progress] = progress.Elapsed;
            Console.Error.WriteLine(progress.Describe());
        }
    });

    private Table Table()
    {
        var table = new Table().Border(TableBorder.None).HideHeaders().AddColumn("");
        foreach (var progress in exports) table.AddRow(new Text(progress.Describe()));
        return table;
    }

    private Table Summary()
    {
        var table = new Table().RoundedBorder().AddColumns("", "rows", "pages", "MiB", "seconds", "retries", "duplicates", "first", "newest", "file");
        foreach (var progress in exports)
        {
            table.AddRow(((string[])
            [
                progress.Name, Number(progress.Rows), Number(progress.Pages), $"{progress.Bytes / 1048576d:N1}", $"{progress.Elapsed.TotalSeconds:N1}",
                Number(progress.Retries), Number(progress.Duplicates), Time(progress.First), Time(progress.Last), progress.File ?? "",
            ]).Select(Markup.Escape).ToArray());
        }

        return table;
    }

    private static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    private static string Time(DateTimeOffset? time) => time?.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture) ?? "";

    /// <summary>The client counts its retries, and the items that it set aside, in its meter, by the operation.</summary>
    private MeterListener ListenToMeter()
    {
        var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument is { Meter.Name: "Croct.Export", Name: "croct.export.retries" or "croct.export.items.invalid" }) listener.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, _, tags, _) =>
        {
            var operation = tags[0].Value as string;
            var progress = exports.FirstOrDefault(progress => string.Equals(operation, $"export{progress.Name}", StringComparison.OrdinalIgnoreCase));
            if (instrument.Name == "croct.export.retries") progress?.AddRetry();
            else progress?.AddRejected();
        });
        listener.Start();
        return listener;
    }
}
