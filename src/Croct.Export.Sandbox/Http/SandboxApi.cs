using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using Croct.Export.Sandbox.Data;
using Croct.Export.Sandbox.Faults;
using Croct.Export.Sandbox.Responses;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Croct.Export.Sandbox.Http;

/// <summary>The operations of the contract on the three streams of a world, and the faults that interfere with them.</summary>
internal sealed class SandboxApi(SandboxOptions options, World world, RequestLog log) : IHttpApplication<HttpContext>, IDisposable
{
    private readonly CursorCodec _cursors = new(options);
    private readonly FaultSchedule _faults = new(options.Faults, options.Seed, options.TimeProvider);
    private readonly PageCache _pages = new();
    private readonly ConcurrentBag<Response> _responses = [];

    public HttpContext CreateContext(IFeatureCollection contextFeatures) => new DefaultHttpContext(contextFeatures);

    public void DisposeContext(HttpContext context, Exception? exception)
    {
    }

    /// <summary>Processes a request: first the response is prepared, then it is sent.</summary>
    public async Task ProcessRequestAsync(HttpContext context)
    {
        var entry = Entry(log.NextNumber(), context.Request);
        log.Add(entry);
        context.Response.Headers.Date = options.TimeProvider.GetUtcNow().ToString("R");
        context.Response.Headers["X-Request-Id"] = string.Create(CultureInfo.InvariantCulture, $"sandbox-{entry.Number}");
        foreach (var hit in _faults.Take(entry, context, kind => kind.Delay is not null))
        {
            await Task.Delay(hit.Fault.Kind.Delay!(hit), options.TimeProvider, context.RequestAborted).ConfigureAwait(false);
        }

        if (!_responses.TryTake(out var response)) response = new Response();
        try
        {
            Make(response, context, entry);
            var body = response.Prepare(context, _pages);
            entry.Status = response.Status;
            if (_faults.Take(entry, context, kind => kind.Deliver is not null).FirstOrDefault() is { } delivered)
            {
                await delivered.Fault.Kind.Deliver!(delivered, body).ConfigureAwait(false);
            }
            else
            {
                await context.Response.Body.WriteAsync(body, context.RequestAborted).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client has disconnected.
        }
        finally
        {
            _responses.Add(response);
        }
    }

    public void Dispose()
    {
        while (_responses.TryTake(out var response)) response.Dispose();
        _pages.Dispose();
    }

    private static SandboxRequest Entry(long number, HttpRequest request) => new(
        number,
        request.Method,
        request.Path.ToUriComponent(),
        request.QueryString.ToUriComponent(),
        request.Headers.ContainsKey("X-Api-Key"));

    private void Make(Response response, HttpContext context, SandboxRequest entry)
    {
        var request = context.Request;
        if (_faults.Take(entry, context, kind => kind.Reply is not null).FirstOrDefault() is { } hit)
        {
            hit.Fault.Kind.Reply!(response, hit);
            return;
        }

        try
        {
            CheckKey(request);
            var path = request.Path.Value ?? "";
            var source = world.Sources.FirstOrDefault(source => path == source.Path || IsLookUp(path, source))
                ?? throw new ProblemException(Problem.NoSuchPath);
            if (options.ForbiddenStreams.Contains(source.Stream)) throw new ProblemException(Problem.NoPermission);
            if (!HttpMethods.IsGet(request.Method)) throw new ProblemException(Problem.MethodNotAllowed);
            if (path == source.Path) MakePage(response, source, context, entry);
            else MakeItem(response, source, path[(source.Path.Length + 1)..], request.QueryString.Value);
        }
        catch (ProblemException exception)
        {
            response.Fail(exception.Problem, request.Path.ToUriComponent());
        }
    }

    /// <summary>Returns whether a path is that of a source followed by one segment.</summary>
    private static bool IsLookUp(string path, ItemSource source) =>
        path.StartsWith(source.Path + "/", StringComparison.Ordinal) && path.IndexOf('/', source.Path.Length + 1) < 0;

    private void CheckKey(HttpRequest request)
    {
        string? key = request.Headers["X-Api-Key"];
        if (!ApiKeys.IsWellFormed(key)) throw new ProblemException(Problem.InvalidApiKey);
        if (!string.Equals(key, options.ApiKey, StringComparison.OrdinalIgnoreCase)) throw new ProblemException(Problem.UnknownApiKey);
    }

    private void MakePage(Response response, ItemSource source, HttpContext context, SandboxRequest entry)
    {
        var query = ExportQuery.ForPage(context.Request.QueryString.Value, source, options);
        var begin = query.Cursor is not { } cursor ? 0 : _cursors.Decode(cursor, query.Window) ?? throw ExportQuery.ForeignCursor(cursor);
        var count = source.Count;
        var shape = new PageShape(query.PageSize);

        // A page without items has nothing to change and does not count as a hit.
        if (!_faults.ChangesPages || source.Find(begin, count, query.Window.On(source.Timeline)) is null)
        {
            response.Succeed(new PageKey(query.Window, begin, query.PageSize), writer => WritePage(writer, source, query.Window, begin, count, shape));
            return;
        }

        foreach (var hit in _faults.Take(entry, context, kind => kind.Shape is not null)) hit.Fault.Kind.Shape!(shape, hit);
        WritePage(response.Succeed(), source, query.Window, begin, count, shape);
        foreach (var hit in _faults.Take(entry, context, kind => kind.Change is not null))
        {
            if (!response.Change(page => hit.Fault.Kind.Change!(page, hit))) _faults.TakeBack(entry, hit);
        }
    }

    /// <summary>
    /// Writes a page of the first <paramref name="count"/> items. More items may be added in the meantime, but a page reflects a single point in time.
    /// Returns whether it is the last page.
    /// </summary>
    private bool WritePage(Utf8JsonWriter writer, ItemSource source, Window window, long begin, long count, PageShape shape)
    {
        var bounds = window.On(source.Timeline);
        var next = begin;
        writer.WriteStartObject();
        writer.WriteStartArray("items"u8);
        for (var written = 0; written < shape.MaxItems && source.Find(next, count, bounds) is { } index; written++)
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
        return ended;
    }

    private static void MakeItem(Response response, ItemSource source, string id, string? queryString)
    {
        ExportQuery.ForLookUp(queryString);
        var index = source.IndexOf(id) ?? throw new ProblemException(Problem.NotFound($"There is no {source.ItemName} with this id."));
        source.WriteSingle(response.Succeed(), index);
    }
}
