using System.Diagnostics;
using System.Globalization;
using Croct.Export.Cli.Destinations;
using Croct.Export.Cli.Items;

namespace Croct.Export.Cli.Running;

/// <summary>How far the export of one stream has come, and how it ended. One export adds to it while others may read it.</summary>
/// <param name="stream">The stream.</param>
/// <param name="maxAttempts">How often a request is made at most.</param>
internal sealed class ExportProgress(ExportStream stream, int maxAttempts)
{
    /// <summary>A field that has another name in each item must not fill the memory.</summary>
    private const int MaxFindings = 1000;

    /// <summary>A shorter wait for a page is not worth a word.</summary>
    private static readonly TimeSpan MinWait = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();
    private readonly Stopwatch _elapsed = Stopwatch.StartNew();
    private readonly SortedDictionary<string, long> _unknown = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, long> _unexpected = new(StringComparer.Ordinal);
    private (DateTimeOffset? Start, DateTimeOffset? End) _window;
    private TimeSpan _lastPage;
    private (RetryAttempt Attempt, TimeSpan At)? _retry;

    public string Name { get; } = stream.ToString().ToLowerInvariant();

    public string? File { get; private set; }

    /// <summary>The number of the run; null without a state.</summary>
    public int? Run { get; private set; }

    public long Rows { get; private set; }

    public long Pages { get; private set; }

    public long Bytes { get; private set; }

    /// <summary>Items that were dropped, because the file had them already.</summary>
    public long Duplicates { get; private set; }

    public long Retries { get; private set; }

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

    /// <summary>Whether there was nothing to do, because the window has not moved since the run before.</summary>
    public bool IsIdle { get; private set; }

    /// <summary>Why the export did not come to the end of the data; null if it did, or has not ended.</summary>
    public Exception? Failure { get; private set; }

    public TimeSpan Elapsed => _elapsed.Elapsed;

    /// <summary>Types, fields and values of enums that are not known, and how often they came.</summary>
    public IReadOnlyDictionary<string, long> Unknown => _unknown;

    /// <summary>Members with values of another type than the contract says, and how often they came.</summary>
    public IReadOnlyDictionary<string, long> UnexpectedValues => _unexpected;

    /// <summary>The window that is asked for; null ends for unbounded.</summary>
    public (DateTimeOffset? Start, DateTimeOffset? End) Window => _window;

    /// <summary>Told of every page.</summary>
    public event Action<ExportProgress>? PageWritten;

    /// <summary>Told of every attempt that failed and will be made again.</summary>
    public event Action<ExportProgress, RetryAttempt>? Retrying;

    /// <summary>Whether requests of an operation are about this stream.</summary>
    public bool IsOf(string operation) => string.Equals(operation, $"export{Name}", StringComparison.OrdinalIgnoreCase);

    public void Begin(Destination destination, DateTimeOffset? start, DateTimeOffset? end)
    {
        lock (_lock) (Run, _window) = (destination.Run, (start, end));
    }

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
            foreach (var finding in page.Findings) Count(finding.IsValue ? _unexpected : _unknown, finding.What);
            _lastPage = Elapsed;

            // A page may come while a later one is waited for.
            if (_retry is { } retry && retry.At + retry.Attempt.Delay < Elapsed) _retry = null;
        }

        PageWritten?.Invoke(this);
    }

    public void Add(RetryAttempt attempt)
    {
        lock (_lock)
        {
            Retries++;
            _retry = (attempt, Elapsed);
        }

        Retrying?.Invoke(this, attempt);
    }

    public void End(Destination destination)
    {
        lock (_lock)
        {
            (File, Kept) = (destination.Name, destination.Kept);

            // What is not in the file for good has to be asked for again.
            LastCursor = Kept.Cursor ?? FirstCursor;
            Bytes = Math.Max(Bytes, Kept.Bytes);
        }
    }

    public void Complete()
    {
        _elapsed.Stop();
        lock (_lock) (IsComplete, _retry) = (true, null);
    }

    public void BeIdle()
    {
        Complete();
        lock (_lock) IsIdle = true;
    }

    public void Fail(Exception failure)
    {
        _elapsed.Stop();
        lock (_lock) (Failure, _retry) = (failure, null);
    }

    public string Describe()
    {
        lock (_lock)
        {
            var seconds = Math.Max(Elapsed.TotalSeconds, 0.001);
            var text = string.Create(
                CultureInfo.InvariantCulture,
                $"{Counted(Rows, Name[..^1])}, {Counted(Pages, "page")}, {Bytes / 1048576d:N1} MiB in {seconds:N1} s ({Rows / seconds:N0} {Name}/s)");
            if (Retries > 0) text += $", {Counted(Retries, "retry", "retries")}";
            if (Duplicates > 0) text += string.Create(CultureInfo.InvariantCulture, $", {Duplicates:N0} dropped as duplicates");
            if (OutsideWindow > 0) text += string.Create(CultureInfo.InvariantCulture, $", {OutsideWindow:N0} outside the window");
            if (Last is { } last) text += $", newest {last.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'}";
            if (Share is { } share) text += string.Create(CultureInfo.InvariantCulture, $", {share:P0} of the window");
            if (Waiting is { } waiting) text += $"; {waiting}";
            return text;
        }
    }

    /// <summary>The figures one by one, for a table: always the same ones in the same order, empty if there is nothing to tell.</summary>
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
                ("first", Time(First)),
                ("newest", Time(Last)),
                ("of the window", Share is { } share ? string.Create(CultureInfo.InvariantCulture, $"{share:P0}") : ""),
                ("state", Failure is OperationCanceledException ? "stopped" : Failure is not null ? "failed" : IsComplete ? "done" : Waiting ?? "running"),
                ("file", File is null or OutputFile.StandardOutput ? "" : Path.GetFileName(File)),
            ];
        }

        static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

        static string Time(DateTimeOffset? time) => time?.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture) ?? "";
    }

    /// <summary>What is not as the contract says, in one sentence; null if everything is.</summary>
    public string? DescribeFindings()
    {
        lock (_lock)
        {
            string?[] findings =
            [
                Listed(_unexpected, "value of an unexpected type", "values of an unexpected type"),
                Listed(_unknown, "unknown type, field or value", "unknown types, fields or values"),
            ];
            var found = string.Join(" and ", findings.OfType<string>());
            return found.Length == 0 ? null : $"{found} in the {Name}: written as received.";
        }
    }

    private static string? Listed(SortedDictionary<string, long> findings, string one, string many)
    {
        const int Shown = 3;
        if (findings.Count == 0) return null;
        var names = findings.OrderByDescending(finding => finding.Value).Take(Shown).Select(finding => finding.Key);
        return $"{Counted(findings.Values.Sum(), one, many)} ({string.Join(", ", names.Select(Terminal.OneLine))}{(findings.Count > Shown ? ", ..." : "")})";
    }

    private static string Counted(long count, string one, string? many = null) =>
        string.Create(CultureInfo.InvariantCulture, $"{count:N0} {(count == 1 ? one : many ?? one + "s")}");

    private static void Count(SortedDictionary<string, long> counts, string what)
    {
        var name = counts.Count < MaxFindings || counts.ContainsKey(what) ? what : "others";
        counts[name] = counts.GetValueOrDefault(name) + 1;
    }

    /// <summary>What is waited for; null if pages come one after the other.</summary>
    private string? Waiting
    {
        get
        {
            if (!_elapsed.IsRunning || Elapsed - _lastPage < MinWait) return null;
            var waited = Elapsed - _lastPage;
            if (_retry is not { } retry) return string.Create(CultureInfo.InvariantCulture, $"waiting for page {Pages + 1:N0} for {waited.TotalSeconds:N0} s");
            var left = retry.At + retry.Attempt.Delay - Elapsed;
            var attempt = string.Create(CultureInfo.InvariantCulture, $"attempt {retry.Attempt.Number + 1} of {maxAttempts}");
            var reason = Failures.ShortOf(retry.Attempt.Exception!);
            return left > TimeSpan.Zero
                ? string.Create(CultureInfo.InvariantCulture, $"waiting {Math.Ceiling(left.TotalSeconds):N0} s before {attempt} at page {Pages + 1:N0}: {reason}")
                : string.Create(CultureInfo.InvariantCulture, $"waiting for page {Pages + 1:N0} for {waited.TotalSeconds:N0} s, {attempt}, after {reason}");
        }
    }

    /// <summary>How much of a bounded window is done, by time; null without one.</summary>
    private double? Share => _elapsed.IsRunning && _window is { Start: { } from, End: { } to } && Last is { } last ? Math.Clamp((last - from) / (to - from), 0, 1) : null;

    private static DateTimeOffset? Earlier(DateTimeOffset? one, DateTimeOffset? other) => other < one ? other : one ?? other;
}
