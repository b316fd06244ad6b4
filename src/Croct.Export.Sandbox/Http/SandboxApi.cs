using System.Buffers;
using System.Collections.Concurrent;
using System.Text.Encodings.Web;
using System.Text.Json;
using Croct.Export.Sandbox.Data;
using Croct.Export.Sandbox.Paging;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Croct.Export.Sandbox.Http;

/// <summary>The operations of the contract over the three sources of items.</summary>
internal sealed class SandboxApi
{
    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    private readonly SandboxOptions _options;
    private readonly CursorCodec _cursors;
    private readonly EventSource _events;
    private readonly SessionSource _sessions;
    private readonly UserSource _users;
    private readonly ConcurrentBag<ArrayBufferWriter<byte>> _buffers = [];
    private long _requests;

    public SandboxApi(SandboxOptions options)
    {
        _options = options;
        _cursors = new CursorCodec(options.Seed);
        _users = new UserSource(options);
        _sessions = new SessionSource(options, _users);
        _events = new EventSource(options, _sessions);
    }

    public void Map(WebApplication application)
    {
        application.UseResponseCompression();
        application.Use(CheckAsync);
        application.UseRouting();
        MapSource(application, _events, "id");
        MapSource(application, _sessions, "sessionId");
        MapSource(application, _users, "userId");
    }

    private void MapSource(WebApplication application, ItemSource source, string idName)
    {
        application.MapGet(source.Path, context => WritePageAsync(context, source));
        application.MapGet($"{source.Path}/{{{idName}}}", context => WriteItemAsync(context, source, (string)context.Request.RouteValues[idName]!));
    }

    /// <summary>What every request goes through: its number, its key, and problems for what no operation answers.</summary>
    private async Task CheckAsync(HttpContext context, RequestDelegate next)
    {
        context.Response.Headers["X-Request-Id"] = $"sandbox-{Interlocked.Increment(ref _requests)}";
        try
        {
            string? key = context.Request.Headers["X-Api-Key"];
            if (!ApiKeys.IsWellFormed(key)) throw new ProblemException(Problem.InvalidApiKey);
            if (!string.Equals(key, _options.ApiKey, StringComparison.OrdinalIgnoreCase)) throw new ProblemException(Problem.UnknownApiKey);

            await next(context).ConfigureAwait(false);
            if (context.Response is { HasStarted: false, StatusCode: 404 })
            {
                throw new ProblemException(Problem.NotFound("There is no such path. Operations: /events, /session, /user, each with an id behind it or without."));
            }

            if (context.Response is { HasStarted: false, StatusCode: 405 }) throw new ProblemException(Problem.MethodNotAllowed);
        }
        catch (ProblemException exception)
        {
            await exception.Problem.WriteAsync(context).ConfigureAwait(false);
        }
    }

    private Task WritePageAsync(HttpContext context, ItemSource source)
    {
        var query = ExportQuery.Parse(context.Request.Query, source, _options.TimeUnit);
        var window = query.Window;
        var first = window.Start is { } start ? source.IndexAt(start) : 0;
        var end = window.End is { } windowEnd ? source.IndexAt(windowEnd) : source.Count;
        var index = query.Cursor is not { } cursor ? first : _cursors.Decode(cursor, window)
            ?? throw new ProblemException(Problem.InvalidInput(
                "The parameter cursor is not one of this endpoint, time window and filter. Allowed: the nextCursor of an earlier answer to the same request."));

        return WriteAsync(context, writer =>
        {
            writer.WriteStartObject();
            writer.WriteStartArray("items"u8);
            for (var count = 0; count < query.PageSize && index < end; index++)
            {
                if (!source.Matches(index, window.Types)) continue;
                source.Write(writer, index);
                count++;
            }

            writer.WriteEndArray();
            if (source is EventSource) EventSource.WriteMetadata(writer);
            writer.WriteString("nextCursor"u8, _cursors.Encode(index, window));
            writer.WriteEndObject();
        });
    }

    private Task WriteItemAsync(HttpContext context, ItemSource source, string id)
    {
        var index = source.IndexOf(id) ?? throw new ProblemException(Problem.NotFound($"There is no {source.ItemName} with this id."));
        return WriteAsync(context, writer =>
        {
            if (source is not EventSource)
            {
                source.Write(writer, index);
                return;
            }

            writer.WriteStartObject();
            EventSource.WriteMetadata(writer);
            writer.WritePropertyName("event"u8);
            source.Write(writer, index);
            writer.WriteEndObject();
        });
    }

    private async Task WriteAsync(HttpContext context, Action<Utf8JsonWriter> write)
    {
        if (!_buffers.TryTake(out var buffer)) buffer = new ArrayBufferWriter<byte>(64 * 1024);
        try
        {
            await using (var writer = new Utf8JsonWriter(buffer, WriterOptions)) write(writer);
            context.Response.ContentType = "application/json";
            context.Response.ContentLength = buffer.WrittenCount;
            await context.Response.Body.WriteAsync(buffer.WrittenMemory, context.RequestAborted).ConfigureAwait(false);
        }
        finally
        {
            buffer.ResetWrittenCount();
            _buffers.Add(buffer);
        }
    }
}
