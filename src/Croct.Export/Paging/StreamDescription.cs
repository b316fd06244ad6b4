using Croct.Export.Http;
using Croct.Export.Json;
using Croct.Export.Models;

namespace Croct.Export.Paging;

/// <summary>The parameters of a request for a page.</summary>
internal readonly record struct PageQuery(long? Start, long? End, int? PageSize, string? Cursor, IReadOnlyCollection<EventType>? Events);

/// <summary>Everything that differs between the three streams.</summary>
internal abstract class StreamDescription
{
    public static readonly StreamDescription<EventResponse, Event, EventPage> Events = new(
        ExportStream.Events,
        typeof(EventExportOptions),
        () => Event.TimeName,
        query => RawExportClient.ExportEvents(query.Start, query.End, query.PageSize, query.Cursor, query.Events),
        response => (response.Items, response.NextCursor),
        (response, items, facts) => new EventPage(facts) { Items = items, Metadata = response?.Metadata });

    public static readonly StreamDescription<SessionResponse, Session, ExportPage<Session>> Sessions = new(
        ExportStream.Sessions,
        typeof(SessionExportOptions),
        () => Session.TimeName,
        query => RawExportClient.ExportSessions(query.Start, query.End, query.PageSize, query.Cursor),
        response => (response.Items, response.NextCursor),
        (_, items, facts) => new ExportPage<Session>(facts) { Items = items });

    public static readonly StreamDescription<UserResponse, User, ExportPage<User>> Users = new(
        ExportStream.Users,
        typeof(UserExportOptions),
        () => User.TimeName,
        query => RawExportClient.ExportUsers(query.Start, query.End, query.PageSize, query.Cursor),
        response => (response.Items, response.NextCursor),
        (_, items, facts) => new ExportPage<User>(facts) { Items = items });

    private static readonly StreamDescription[] All = [Events, Sessions, Users];

    private protected StreamDescription(ExportStream stream, Type options) => (Stream, Options) = (stream, options);

    internal delegate ReadOnlySpan<byte> Name();

    public ExportStream Stream { get; }

    /// <summary>The class of the stream's options.</summary>
    public Type Options { get; }

    /// <summary>The name of the item member that time windows apply to.</summary>
    public abstract ReadOnlySpan<byte> TimeName { get; }

    /// <exception cref="ArgumentOutOfRangeException">There is no such stream.</exception>
    public static StreamDescription Get(ExportStream stream) => Array.Find(All, description => description.Stream == stream)
        ?? throw new ArgumentOutOfRangeException(
            nameof(stream),
            $"{nameof(stream)} was {stream}; it must be {string.Join(" or ", All.Select(description => description.Stream))}.");

    /// <summary>Returns the operation and the URL of a request for a page.</summary>
    public abstract (string Operation, string Url) Request(in PageQuery query);
}

/// <summary>The description of a stream, with its response types.</summary>
/// <param name="stream">The stream.</param>
/// <param name="options">The class of the stream's options.</param>
/// <param name="timeName">Returns the name of the item member that time windows apply to.</param>
/// <param name="request">Creates the request for a page.</param>
/// <param name="content">Returns the items and the next cursor of a response.</param>
/// <param name="page">Creates the page of a response from the items that were kept. The response is null if no page was requested.</param>
internal sealed class StreamDescription<TResponse, TItem, TPage>(
    ExportStream stream,
    Type options,
    StreamDescription.Name timeName,
    Func<PageQuery, ExportRequest<TResponse>> request,
    Func<TResponse, (IList<TItem> Items, string? NextCursor)> content,
    Func<TResponse?, IReadOnlyList<TItem>, PageFacts, TPage> page) : StreamDescription(stream, options)
    where TResponse : ExportModel
    where TItem : IStreamItem
    where TPage : ExportPage
{
    public override ReadOnlySpan<byte> TimeName => timeName();

    public override (string Operation, string Url) Request(in PageQuery query) => (request(query).Operation, request(query).Url);

    public ExportRequest<TResponse> TypedRequest(in PageQuery query) => request(query);

    public (IList<TItem> Items, string? NextCursor) Content(TResponse response) => content(response);

    public TPage Page(TResponse? response, IReadOnlyList<TItem> items, PageFacts facts) => page(response, items, facts);
}
