using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using Croct.Export.Sandbox.Data;
using Croct.Export.Sandbox.Faults;
using Croct.Export.Sandbox.Paging;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Croct.Export.Sandbox.Http;

/// <summary>The operations of the contract over the three streams of a world, and the faults that come between.</summary>
internal sealed class SandboxApi(SandboxOptions options, World world, RequestLog log) : IHttpApplication<HttpContext>, IDisposable
{
    private readonly CursorCodec _cursors = new(options);
    private readonly FaultSchedule _faults = new(options);
    private readonly PageCache _pages = new();
    private readonly ConcurrentBag<Answer> _answers = [];

    public HttpContext CreateContext(IFeatureCollection contextFeatures) => new DefaultHttpContext(contextFeatures);

    public void DisposeContext(HttpContext context, Exception? exception)
    {
    }

    /// <summary>Answers a request: first the answer is made, then it is sent.</summary>
    public async Task ProcessRequestAsync(HttpContext context)
    {
        var number = log.NextNumber();
        var hits = _faults.For(number, context);
        var entry = Entry(number, context.Request, hits);
        log.Add(entry);
        context.Response.Headers["X-Request-Id"] = string.Create(CultureInfo.InvariantCulture, $"sandbox-{number}");
        foreach (var hit in hits)
        {
            if (hit.Fault.Kind.Delay is { } delay) await Task.Delay(delay(hit), options.TimeProvider, context.RequestAborted).ConfigureAwait(false);
        }

        if (!_answers.TryTake(out var answer)) answer = new Answer();
        try
        {
            Make(answer, context.Request, hits);
            var body = answer.Prepare(context, _pages);
            entry.Status = answer.Status;
            if (hits.FirstOrDefault(hit => hit.Fault.Kind.Deliver is not null) is { } spoiled) await spoiled.Fault.Kind.Deliver!(spoiled, body).ConfigureAwait(false);
            else await context.Response.Body.WriteAsync(body, context.RequestAborted).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client has left; there is nobody to tell.
        }
        finally
        {
            _answers.Add(answer);
        }
    }

    public void Dispose()
    {
        while (_answers.TryTake(out var answer)) answer.Dispose();
        _pages.Dispose();
    }

    private static SandboxRequest Entry(long number, HttpRequest request, IReadOnlyList<FaultHit> hits) => new(
        number,
        request.Method,
        request.Path.ToUriComponent(),
        request.QueryString.ToUriComponent(),
        request.Headers.ContainsKey("X-Api-Key"),
        [.. hits.Select(hit => hit.Fault.Name)]);

    private void Make(Answer answer, HttpRequest request, IReadOnlyList<FaultHit> hits)
    {
        if (hits.FirstOrDefault(hit => hit.Fault.Kind.Reply is not null) is { } hit)
        {
            hit.Fault.Kind.Reply!(answer, hit);
            return;
        }

        try
        {
            CheckKey(request);
            var path = request.Path.Value ?? "";
            var source = world.Sources.FirstOrDefault(source => path == source.Path || IsLookUp(path, source)) ?? throw new ProblemException(Problem.NoSuchPath);
            if (!HttpMethods.IsGet(request.Method)) throw new ProblemException(Problem.MethodNotAllowed);
            if (path == source.Path) MakePage(answer, source, request.QueryString.Value, hits);
            else MakeItem(answer, source, path[(source.Path.Length + 1)..], request.QueryString.Value);
        }
        catch (ProblemException exception)
        {
            answer.Fail(exception.Problem, request.Path.ToUriComponent());
        }
    }

    /// <summary>Whether a path is that of a source with one further segment.</summary>
    private static bool IsLookUp(string path, ItemSource source) =>
        path.StartsWith(source.Path + "/", StringComparison.Ordinal) && path.IndexOf('/', source.Path.Length + 1) < 0;

    private void CheckKey(HttpRequest request)
    {
        string? key = request.Headers["X-Api-Key"];
        if (!ApiKeys.IsWellFormed(key)) throw new ProblemException(Problem.InvalidApiKey);
        if (!string.Equals(key, options.ApiKey, StringComparison.OrdinalIgnoreCase)) throw new ProblemException(Problem.UnknownApiKey);
    }

    private void MakePage(Answer answer, ItemSource source, string? queryString, IReadOnlyList<FaultHit> hits)
    {
        var query = ExportQuery.ForPage(queryString, source, options.TimeUnit);
        var begin = query.Cursor is not { } cursor ? 0 : _cursors.Decode(cursor, query.Window) ?? throw ExportQuery.ForeignCursor(cursor);
        var count = source.Count;
        var shape = new PageShape(query.PageSize);
        if (hits.Count == 0)
        {
            answer.Succeed(new PageKey(query.Window, begin, query.PageSize, count), writer => WritePage(writer, source, query.Window, begin, count, shape));
            return;
        }

        foreach (var hit in hits) hit.Fault.Kind.Shape?.Invoke(shape, hit);
        WritePage(answer.Succeed(), source, query.Window, begin, count, shape);
        foreach (var hit in hits)
        {
            if (hit.Fault.Kind.Change is { } change) answer.Change(page => change(page, hit));
        }
    }

    /// <summary>Writes a page of the first <paramref name="count"/> items: their number may grow meanwhile, and a page is about one moment.</summary>
    private void WritePage(Utf8JsonWriter writer, ItemSource source, Window window, long begin, long count, PageShape shape)
    {
        var bounds = window.On(source.Timeline);
        var next = begin;
        writer.WriteStartObject();
        writer.WriteStartArray("items"u8);
        for (var written = 0; written < shape.Most && source.Find(next, count, bounds) is { } index; written++)
        {
            source.Write(writer, index);
            if (written < shape.Duplicates) source.Write(writer, index);
            next = index + 1;
        }

        writer.WriteEndArray();
        source.WriteMetadata(writer);
        if (shape.RepeatsCursor) next = begin;
        var ended = source.Find(next, count, bounds) is null;
        if (ended && options.EndOfData == SandboxEndOfData.NullCursor) writer.WriteNull("nextCursor"u8);
        else writer.WriteString("nextCursor"u8, _cursors.Encode(ended ? Math.Max(next, count) : next, window));
        writer.WriteEndObject();
    }

    private static void MakeItem(Answer answer, ItemSource source, string id, string? queryString)
    {
        ExportQuery.ForLookUp(queryString);
        var index = source.IndexOf(id) ?? throw new ProblemException(Problem.NotFound($"There is no {source.ItemName} with this id."));
        source.WriteSingle(answer.Succeed(), index);
    }
}
