using System.Diagnostics;
using System.Globalization;

namespace Croct.Export.Cli.Output;

/// <summary>How far the export of one stream has come. One export adds to it while others may read it.</summary>
/// <param name="stream">The stream.</param>
/// <param name="start">The start of the window, if it has one.</param>
/// <param name="end">The end of the window, if it has one.</param>
internal sealed class ExportProgress(ExportStream stream, DateTimeOffset? start, DateTimeOffset? end)
{
    /// <summary>A field that is named anew in each item must not fill the memory.</summary>
    private const int MostUnknown = 1000;

    private readonly Lock _lock = new();
    private readonly Stopwatch _elapsed = Stopwatch.StartNew();
    private SortedDictionary<string, long>? _unknown;

    public string Name { get; } = stream.ToString().ToLowerInvariant();

    public string? File { get; private set; }

    public long Rows { get; private set; }

    public long Pages { get; private set; }

    public long Bytes { get; private set; }

    /// <summary>Items that were dropped, because the file had them already.</summary>
    public long Duplicates { get; private set; }

    public long Retries { get; private set; }

    /// <summary>Values of another type than the contract says; always 0 where items are not read.</summary>
    public long UnexpectedValues { get; private set; }

    /// <summary>Items outside the window by more than rounding explains; they are in the file.</summary>
    public long OutsideWindow { get; private set; }

    /// <summary>Whether the export ended without an end that the API confirmed.</summary>
    public bool IsEndUnconfirmed { get; private set; }

    /// <summary>The unit in which the window was sent; null without a window, or if there was no data to find it out from.</summary>
    public TimeUnit? TimeUnit { get; private set; }

    public DateTimeOffset? First { get; private set; }

    public DateTimeOffset? Last { get; private set; }

    public string? FirstCursor { get; private set; }

    public string? LastCursor { get; private set; }

    /// <summary>What is in the file for good; null until the export has ended, one way or the other.</summary>
    public KeptRows? Kept { get; private set; }

    /// <summary>Whether the export came to the end of the data.</summary>
    public bool IsComplete { get; private set; }

    public TimeSpan Elapsed => _elapsed.Elapsed;

    /// <summary>What was not known, and how often it came; null where nobody looked.</summary>
    public IReadOnlyDictionary<string, long>? Unknown => _unknown;

    /// <summary>Told of every page.</summary>
    public event Action<ExportProgress>? Changed;

    public void Add(WrittenPage page, long bytes)
    {
        lock (_lock)
        {
            if (Pages++ == 0) FirstCursor = page.Cursor;
            LastCursor = page.ResumeCursor;
            Rows += page.Rows;
            Duplicates += page.Duplicates;
            OutsideWindow += page.OutsideWindow;
            IsEndUnconfirmed = page.IsEndUnconfirmed;
            TimeUnit = page.TimeUnit ?? TimeUnit;
            Bytes = bytes;
            First = Earlier(First, page.Times.First);
            Last = page.Times.Last > Last ? page.Times.Last : Last ?? page.Times.Last;
            if (page.Unknown is not null) _unknown ??= new(StringComparer.Ordinal);
            foreach (var unknown in page.Unknown ?? []) Count(unknown);
        }

        Changed?.Invoke(this);
    }

    public void AddRetry()
    {
        lock (_lock) Retries++;
    }

    public void AddUnexpectedValues(long count)
    {
        lock (_lock) UnexpectedValues += count;
    }

    public void End(Destination destination, bool isComplete)
    {
        _elapsed.Stop();
        lock (_lock)
        {
            (File, Kept, IsComplete) = (destination.Name, destination.Kept, isComplete);
            if (isComplete) Bytes = Kept.Bytes;
        }
    }

    public string Describe()
    {
        lock (_lock)
        {
            var seconds = Math.Max(Elapsed.TotalSeconds, 0.001);
            var text = string.Create(
                CultureInfo.InvariantCulture,
                $"{Rows:N0} {Name}, {Pages:N0} {(Pages == 1 ? "page" : "pages")}, {Bytes / 1048576d:N1} MiB in {seconds:N1} s ({Rows / seconds:N0} {Name}/s)");
            if (Retries > 0) text += string.Create(CultureInfo.InvariantCulture, $", {Retries:N0} {(Retries == 1 ? "retry" : "retries")}");
            if (Duplicates > 0) text += string.Create(CultureInfo.InvariantCulture, $", {Duplicates:N0} dropped as duplicates");
            if (UnexpectedValues > 0) text += string.Create(CultureInfo.InvariantCulture, $", {UnexpectedValues:N0} unexpected {(UnexpectedValues == 1 ? "value" : "values")}");
            if (OutsideWindow > 0) text += string.Create(CultureInfo.InvariantCulture, $", {OutsideWindow:N0} outside the window");
            if (IsEndUnconfirmed) text += ", ended at 16 empty pages: the API did not confirm that this is the end";
            if (Last is { } last) text += $", newest {last.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'}";
            if (Share is { } share) text += string.Create(CultureInfo.InvariantCulture, $", {share:P0} of the window");
            return text;
        }
    }

    /// <summary>The figures one by one, for a table: always the same ones in the same order, empty where there is nothing to tell.</summary>
    public IReadOnlyList<(string Name, string Value)> Figures()
    {
        lock (_lock)
        {
            var seconds = Math.Max(Elapsed.TotalSeconds, 0.001);
            return
            [
                ("rows", Number(Rows)),
                ("rows/s", Number((long)(Rows / seconds))),
                ("pages", Number(Pages)),
                ("size", string.Create(CultureInfo.InvariantCulture, $"{Bytes / 1048576d:N1} MiB")),
                ("time", string.Create(CultureInfo.InvariantCulture, $"{seconds:N1} s")),
                ("retries", Number(Retries)),
                ("duplicates", Number(Duplicates)),
                ("outside", OutsideWindow > 0 ? Number(OutsideWindow) : ""),
                ("unexpected", UnexpectedValues > 0 ? Number(UnexpectedValues) : ""),
                ("first", Time(First)),
                ("newest", Time(Last)),
                ("of the window", Share is { } share ? string.Create(CultureInfo.InvariantCulture, $"{share:P0}") : ""),
                ("file", File is null or "-" ? "" : Path.GetFileName(File)),
            ];
        }

        static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

        static string Time(DateTimeOffset? time) => time?.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture) ?? "";
    }

    private void Count(string unknown)
    {
        var name = _unknown!.Count < MostUnknown || _unknown.ContainsKey(unknown) ? unknown : "others";
        _unknown[name] = _unknown.GetValueOrDefault(name) + 1;
    }

    /// <summary>How much of a bounded window lies behind, by time; null without one.</summary>
    private double? Share => _elapsed.IsRunning && start is { } from && end is { } to && Last is { } last ? Math.Clamp((last - from) / (to - from), 0, 1) : null;

    private static DateTimeOffset? Earlier(DateTimeOffset? one, DateTimeOffset? other) => other < one ? other : one ?? other;
}
