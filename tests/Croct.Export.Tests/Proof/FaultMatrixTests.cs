using System.Globalization;
using System.Text.Json;
using Croct.Export.Sandbox;
using Croct.Export.Tests.CommandLine;
using Croct.Export.Tests.Wire;

namespace Croct.Export.Tests.Proof;

/// <summary>
/// The outcome of each fault of the sandbox in each family of methods, for 300 events in pages of 100. The fault hits the second request, or the only
/// one. If it can be overcome, another trial hits all attempts of that request. Afterwards the export resumes from the last cursor.
/// </summary>
[Proof]
public class FaultMatrixTests
{
    /// <summary>
    /// The outcomes. After each, if the family has a cursor, an export that resumes from it has every row once:
    /// <list type="bullet">
    /// <item>same: the same rows as without the fault, and no retries;</item>
    /// <item>
    /// retried: the same rows after the wait of the column "once"; if the fault lasts, the error after five attempts (two in the exporter) and the wait of
    /// the column "lasting";
    /// </item>
    /// <item>refused: the error at the first attempt, with the rows of the previous pages;</item>
    /// <item>ends: no error, but the page or the export ends at a different row;</item>
    /// <item>repeats: no error, and the cursor points to the same page, so its rows are repeated;</item>
    /// <item>again: the error after the page; its rows are repeated when the export resumes;</item>
    /// <item>known: the error after the page; its rows are repeated when the export resumes, and are dropped;</item>
    /// <item>twice: a row that the server sent twice occurs twice.</item>
    /// </list>
    /// Waits are in seconds of a clock on which they end at once, as the range that jitter allows.
    /// </summary>
    private const string Table = """
        fault           | page    | pages   | items   | by id   | stored  | raw     | exporter | error                   | once      | lasting
        latency         | same    | same    | same    | same    | same    | same    | same     |                         |           |
        trickle         | same    | same    | same    | same    | same    | same    | same     |                         |           |
        content-type    | same    | same    | same    | same    | same    | same    | same     |                         |           |
        408             | retried | retried | retried | retried | retried | retried | retried  | ExportApiException 408  | 0-0.7     | 2.8-5.8
        429             | retried | retried | retried | retried | retried | retried | retried  | ExportApiException 429  | 1-1       | 4-4
        429-date        | retried | retried | retried | retried | retried | retried | retried  | ExportApiException 429  | 1-1       | 4-4
        500             | retried | retried | retried | retried | retried | retried | retried  | ExportApiException 500  | 0-0.7     | 2.8-5.8
        502             | retried | retried | retried | retried | retried | retried | retried  | ExportApiException 502  | 0-0.7     | 2.8-5.8
        503             | retried | retried | retried | retried | retried | retried | retried  | ExportApiException 503  | 0-0.7     | 2.8-5.8
        504             | retried | retried | retried | retried | retried | retried | retried  | ExportApiException 504  | 0-0.7     | 2.8-5.8
        empty-body      | retried | retried | retried | retried | retried | retried | retried  | ExportException         | 0-0.7     | 2.8-5.8
        reset           | retried | retried | retried | retried | retried | retried | retried  | ExportException         | 0-0.7     | 2.8-5.8
        reset-body      | retried | retried | retried | retried | retried | retried | retried  | ExportException         | 0-0.7     | 2.8-5.8
        cut             | retried | retried | retried | retried | retried | retried | retried  | ExportException         | 0-0.7     | 2.8-5.8
        stall           | retried | retried | retried | retried | retried | retried | retried  | ExportException         | 100-100.7 | 502.8-505.8
        402             | refused | refused | refused | refused | refused | refused | refused  | ExportApiException 402  |           |
        403             | refused | refused | refused | refused | refused | refused | refused  | ExportApiException 403  |           |
        not-json        | refused | refused | refused | refused | refused | refused | refused  | ExportException         |           |
        redirect        | refused | refused | refused | refused | refused | refused | refused  | ExportApiException 307  |           |
        bomb            | refused | refused | refused | refused | refused | refused | refused  | ExportException         |           |
        wrong-type      | same    | same    | same    | same    | same    | same    | same     |                         |           |
        short-page      | ends    | same    | same    | same    | same    | same    | same     |                         |           |
        large-page      | ends    | same    | same    | same    | same    | same    | same     |                         |           |
        empty-page      | ends    | ends    | ends    | same    | ends    | ends    | ends     |                         |           |
        repeated-cursor | repeats | again   | again   | same    | again   | again   | known    | ExportException         |           |
        duplicate-items | twice   | twice   | twice   | same    | twice   | twice   | twice    |                         |           |
        unknown-type    | same    | same    | same    | same    | same    | same    | same     |                         |           |
        unknown-enum    | same    | same    | same    | same    | same    | same    | same     |                         |           |
        unknown-field   | same    | same    | same    | same    | same    | same    | same     |                         |           |
        missing-field   | same    | same    | same    | same    | same    | same    | same     |                         |           |
        """;

    private const int Attempts = 5;

    /// <summary>The exporter is a process and really waits, so it makes fewer attempts.</summary>
    private const int ExporterAttempts = 2;
    private static readonly TimeSpan AttemptTimeout = TimeSpan.FromSeconds(100);
    private static readonly string[][] Rows = [.. Table.Split('\n').Select(line => line.Split('|', StringSplitOptions.TrimEntries))];
    private static readonly string[] Families = Rows[0][1..8];

    /// <summary>One fault for each outcome of the exporter, which is a process for each; the other faults are long tests.</summary>
    private static readonly string[] Short = ["unknown-type", "503", "402", "empty-page", "repeated-cursor", "duplicate-items"];

    private static IReadOnlyList<string?> _expected = [];

    [OneTimeSetUp]
    public static async Task ExportUndisturbed()
    {
        await using var trial = await Trial.StartAsync("pages", fault: null);
        Assert.That(await trial.RunAsync(), Is.Null);
        _expected = [.. trial.Ids];
        Assert.That(_expected.Distinct().Count(), Is.EqualTo(300));
    }

    [Test]
    public void Every_fault_has_its_row() =>
        Assert.That(Rows.Skip(1).Select(row => row[0]), Is.EquivalentTo(SandboxFault.Kinds.Select(kind => kind.Name)));

    [Test]
    public void Every_field_has_an_outcome() => Assert.Multiple(() =>
    {
        foreach (var row in Rows.Skip(1))
        {
            Assert.That(row, Has.Length.EqualTo(11), row[0]);
            Assert.That(row[1..8], Is.All.AnyOf("same", "retried", "refused", "ends", "repeats", "again", "known", "twice"), row[0]);
            Assert.That(row[8], row.Any(outcome => outcome is "retried" or "refused" or "again" or "known") ? Is.Not.Empty : Is.Empty, row[0]);
            Assert.That(row[9..], row.Contains("retried") ? Is.All.Not.Empty : Is.All.Empty, row[0]);
        }
    });

    [TestCaseSource(nameof(Fields))]
    public async Task Has_the_outcome_of_the_table(string fault, string family, string outcome)
    {
        var row = Rows.Single(row => row[0] == fault);
        await using var trial = await Trial.StartAsync(family, fault);

        var exception = await trial.RunAsync();

        AssertOutcome(trial, outcome, exception, row[8]);
        if (family != "exporter") Assert.That(trial.Waited, IsWithin(outcome == "retried" ? row[9] : "0-0"));
        if (await trial.ResumeAsync())
        {
            Assert.That(trial.Ids.Distinct(), Is.EqualTo(_expected), "nothing is lost");
            Assert.That(trial.Ids.Count - 300, Is.EqualTo(outcome switch { "repeats" or "again" => 100, "twice" => 1, _ => 0 }), "nothing else comes twice");
        }
    }

    [TestCaseSource(nameof(RetriedFields))]
    public async Task Fails_after_its_last_attempt_while_it_lasts(string fault, string family)
    {
        var row = Rows.Single(row => row[0] == fault);
        var attempts = family == "exporter" ? ExporterAttempts : Attempts;
        await using var trial = await Trial.StartAsync(family, fault, times: attempts);

        var exception = await trial.RunAsync();

        if (exception is ExitCodeException exit)
            Assert.That($"{exit.Code}: {exit.Message.TrimEnd()}", Does.StartWith("4: ").And.EndsWith($"({attempts} attempts)"));
        else Assert.That((GetName(exception), ((ExportException)exception!).Attempts), Is.EqualTo((row[8], attempts)));
        Assert.That(trial.Ids, Is.EqualTo(_expected.Take(trial.RowsBefore)));
        Assert.That(trial.Requests, Is.EqualTo(trial.RowsBefore / 100 + attempts));
        if (!trial.IsExporter) Assert.That(trial.Waited, IsWithin(row[10]));
        if (await trial.ResumeAsync()) Assert.That(trial.Ids, Is.EqualTo(_expected), "nothing is lost, and nothing comes twice");
    }

    private static IEnumerable<TestCaseData> Fields() =>
        from row in Rows.Skip(1)
        from index in Enumerable.Range(0, Families.Length)
        select Field(row[0], Families[index], row[index + 1]);

    private static IEnumerable<TestCaseData> RetriedFields() =>
        from field in Fields()
        where field.Arguments is [_, _, "retried"]
        select Field((string)field.Arguments[0]!, (string)field.Arguments[1]!);

    private static TestCaseData Field(string fault, string family, params string[] outcome)
    {
        var field = new TestCaseData([fault, family, .. outcome]);
        return family == "exporter" && !Short.Contains(fault) ? field.SetCategory("Long") : field;
    }

    private static void AssertOutcome(Trial trial, string outcome, Exception? exception, string error)
    {
        var withoutFault = _expected.Take(trial.RowsWithoutFault).ToList();
        if (outcome is "refused" or "again" or "known")
        {
            Assert.That(
                GetName(exception),
                Is.EqualTo(
                    trial.IsExporter ? $"exit code {(error is "ExportApiException 402" or "ExportApiException 403" ? 3 : 1)}" : error));
            if (outcome == "refused" && !trial.IsExporter) Assert.That(((ExportException)exception!).Attempts, Is.EqualTo(1));
            Assert.That(trial.Ids, Is.EqualTo(_expected.Take(trial.RowsBefore + (outcome is "again" or "known" ? 100 : 0))));
            return;
        }

        Assert.That(exception, Is.Null);
        if (outcome == "ends") Assert.That(trial.Ids, Is.EqualTo(_expected.Take(trial.Ids.Count)).And.Not.EqualTo(withoutFault));
        else if (outcome == "twice") Assert.That((trial.Ids.Distinct(), trial.Ids.Count), Is.EqualTo((withoutFault, withoutFault.Count + 1)));
        else Assert.That(trial.Ids, Is.EqualTo(withoutFault));
    }

    private static string? GetName(Exception? exception) => exception switch
    {
        ExportApiException api => $"{nameof(ExportApiException)} {(int)api.StatusCode}",
        ExitCodeException exit => $"exit code {exit.Code}",
        _ => exception?.GetType().Name,
    };

    private static NUnit.Framework.Constraints.RangeConstraint IsWithin(string range)
    {
        var ends = range.Split('-').Select(end => double.Parse(end, CultureInfo.InvariantCulture)).ToList();
        return Is.InRange(ends[0], ends[1]);
    }

    private sealed class ExitCodeException(int code, string errors) : Exception(errors)
    {
        public int Code => code;
    }

    /// <summary>One export through one family, with a fault.</summary>
    private sealed class Trial(string family, string? fault, SandboxServer sandbox, InstantTime time, ExportClient client) : IAsyncDisposable
    {
        private readonly MemoryCursorStore _store = new();
        private readonly Exporter? _exporter = family == "exporter" ? new Exporter(("CROCT_API_KEY", sandbox.ApiKey)) : null;
        private string? _cursor;

        /// <summary>The ids of the rows that the caller received.</summary>
        public List<string?> Ids { get; private set; } = [];

        public bool IsExporter => _exporter is not null;

        public long Requests => sandbox.RequestCount;

        public double Waited => time.Waits.Sum(wait => wait.TotalSeconds);

        public int RowsWithoutFault => family switch { "page" => 100, "by id" => 1, _ => 300 };

        /// <summary>The number of rows of the pages before the one with the fault.</summary>
        public int RowsBefore => IsSingle(family) ? 0 : 100;

        public static async Task<Trial> StartAsync(string family, string? fault, int times = 1)
        {
            var first = IsSingle(family) ? 1 : 2;
            var requests = string.Join('+', Enumerable.Range(first, times));
            var settings = fault == "bomb" ? $"mib={(family == "exporter" ? 72 : 8)}," : "";
            var sandbox = await SandboxServer.StartAsync(new SandboxOptions
            {
                Events = 300,
                Faults = fault is null ? [] : [$"{fault}:{settings}request={requests}"],
                TimeProvider = new InstantTime(),
            });
            var time = new InstantTime(held: AttemptTimeout);
            return new Trial(family, fault, sandbox, time, new ExportClient(new ExportClientOptions
            {
                ApiKey = sandbox.ApiKey,
                BaseAddress = sandbox.BaseAddress,
                TimeProvider = time,
                AttemptTimeout = AttemptTimeout,
                MaxResponseBytes = 1024 * 1024,
                HttpMessageHandler = fault == "stall" ? new ExpiringHandler(sandbox, time) : null,
            }));
        }

        /// <summary>Exports and returns the exception with which the export ended, or null.</summary>
        public async Task<Exception?> RunAsync()
        {
            try
            {
                await ExportAsync();
                return null;
            }
            catch (Exception exception) when (exception is ExportException or ExitCodeException)
            {
                return exception;
            }
        }

        /// <summary>Resumes from the last cursor, in families that have one; returns whether there is one.</summary>
        public async Task<bool> ResumeAsync()
        {
            if (family is "items" or "by id") return false;
            if (family is "stored" or "exporter") await ExportAsync();
            else await foreach (var e in client.ExportAllEventsAsync(new EventExportOptions { Cursor = _cursor })) Ids.Add(e.Id);
            return true;
        }

        public async ValueTask DisposeAsync()
        {
            client.Dispose();
            _exporter?.Dispose();
            await sandbox.DisposeAsync();
        }

        private static bool IsSingle(string family) => family is "page" or "by id";

        private async Task ExportAsync()
        {
            switch (family)
            {
                case "page":
                    Take(await client.ExportEventsAsync());
                    break;
                case "pages":
                    await foreach (var page in client.ExportEventPagesAsync()) Take(page);
                    break;
                case "items":
                    await foreach (var e in client.ExportAllEventsAsync()) Ids.Add(e.Id);
                    break;
                case "by id":
                    Ids.Add((await client.ExportEventByIdAsync(_expected[0]!)).Event!.Id);
                    break;
                case "stored":
                    await client.ExportEventPagesAsync(_store, (page, _) =>
                    {
                        Take(page);
                        return Task.CompletedTask;
                    });
                    break;
                case "raw":
                    await foreach (var page in client.ExportRawPagesAsync(ExportStream.Events))
                    {
                        Ids.AddRange(page.Items.Select(GetId));
                        _cursor = page.ResumeCursor;
                    }

                    break;
                default:
                    var (code, _, errors) = await _exporter!.TryAsync(
                        "events", "--base-address", sandbox.BaseAddress.AbsoluteUri, "--page-size", "100",
                        "--timeout", fault == "stall" ? "1s" : "100s", "--retries", $"{ExporterAttempts - 1}",
                        "--output", "rows", "--state", "state", "--quiet");
                    var rows = await File.ReadAllLinesAsync(_exporter.PathOfUnfinished("rows"));
                    Ids = [.. rows.Select(row => GetId(System.Text.Encoding.UTF8.GetBytes(row)))];
                    if (code != 0) throw new ExitCodeException(code, errors);
                    break;
            }
        }

        private void Take(EventPage page)
        {
            Ids.AddRange(page.Items.Select(e => e.Id));
            _cursor = page.ResumeCursor;
        }

        private static string? GetId(ReadOnlyMemory<byte> json)
        {
            using var item = JsonDocument.Parse(json);
            return item.RootElement.GetProperty("id").GetString();
        }
    }

    /// <summary>Lets the time of an attempt expire once its response has begun and is about to stall.</summary>
    private sealed class ExpiringHandler(SandboxServer sandbox, InstantTime time) : DelegatingHandler(new SocketsHttpHandler { AllowAutoRedirect = false })
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var response = await base.SendAsync(request, cancellationToken);
            var number = response.Headers.GetValues("X-Request-Id").Single();
            if (sandbox.Requests.Any(request => $"sandbox-{request.Number}" == number && request.Faults.Count > 0)) time.Expire();
            return response;
        }
    }
}
