using System.Collections.Concurrent;
using Croct.Export.Sandbox.Data;
using Croct.Export.Sandbox.Paging;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Croct.Export.Sandbox.Http;

/// <summary>The operations of the contract over the three streams of a world.</summary>
internal sealed class SandboxApi(SandboxOptions options, World world) : IHttpApplication<HttpContext>, IDisposable
{
    private readonly CursorCodec _cursors = new(options);
    private readonly ConcurrentBag<Answer> _answers = [];
    private long _requests;

    public HttpContext CreateContext(IFeatureCollection contextFeatures) => new DefaultHttpContext(contextFeatures);

    public void DisposeContext(HttpContext context, Exception? exception)
    {
    }

    /// <summary>Answers a request: first the answer is made, then it is sent.</summary>
    public async Task ProcessRequestAsync(HttpContext context)
    {
        context.Response.Headers["X-Request-Id"] = $"sandbox-{Interlocked.Increment(ref _requests)}";
        if (!_answers.TryTake(out var answer)) answer = new Answer();
        try
        {
            try
            {
                Make(answer, context.Request);
            }
            catch (ProblemException exception)
            {
                answer.Fail(exception.Problem, context.Request.Path.ToUriComponent());
            }

            await answer.SendAsync(context).ConfigureAwait(false);
        }
        finally
        {
            _answers.Add(answer);
        }
    }

    public void Dispose()
    {
        while (_answers.TryTake(out var answer)) answer.Dispose();
    }

    private void Make(Answer answer, HttpRequest request)
    {
        CheckKey(request);
        var path = request.Path.Value ?? "";
        var source = world.Sources.FirstOrDefault(source => path == source.Path || IsLookUp(path, source)) ?? throw new ProblemException(Problem.NoSuchPath);
        if (!HttpMethods.IsGet(request.Method)) throw new ProblemException(Problem.MethodNotAllowed);
        if (path == source.Path) MakePage(answer, source, request.QueryString.Value);
        else MakeItem(answer, source, path[(source.Path.Length + 1)..], request.QueryString.Value);
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

    private void MakePage(Answer answer, ItemSource source, string? queryString)
    {
        var query = ExportQuery.ForPage(queryString, source, options.TimeUnit);
        var window = query.Window;
        var index = query.Cursor is not { } cursor ? window.FirstOf(source) : _cursors.Decode(cursor, window) ?? throw ExportQuery.ForeignCursor(cursor);
        var end = window.EndOf(source);

        var writer = answer.Succeed();
        writer.WriteStartObject();
        writer.WriteStartArray("items"u8);
        for (var count = 0; count < query.PageSize; count++)
        {
            index = source.NextMatch(index, end, window.Events);
            if (index >= end) break;
            source.Write(writer, index++);
        }

        writer.WriteEndArray();
        source.WriteMetadata(writer);
        writer.WriteString("nextCursor"u8, _cursors.Encode(index, window));
        writer.WriteEndObject();
    }

    private static void MakeItem(Answer answer, ItemSource source, string id, string? queryString)
    {
        ExportQuery.ForLookUp(queryString);
        var index = source.IndexOf(id) ?? throw new ProblemException(Problem.NotFound($"There is no {source.ItemName} with this id."));
        source.WriteSingle(answer.Succeed(), index);
    }
}
