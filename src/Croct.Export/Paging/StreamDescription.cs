using Croct.Export.Http;
using Croct.Export.Json;
using Croct.Export.Models;

namespace Croct.Export.Paging;

/// <summary>What to ask for a page with.</summary>
internal readonly record struct PageQuery(long? Start, long? End, int? PageSize, string? Cursor, IReadOnlyCollection<EventType>? Events);

/// <summary>What differs between the three streams, stated once.</summary>
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

    /// <summary>The class of its options.</summary>
    public Type Options { get; }

    /// <summary>The member of an item that windows are about.</summary>
    public abstract ReadOnlySpan<byte> TimeName { get; }

    /// <exception cref="ArgumentOutOfRangeException">There is no such stream.</exception>
    public static StreamDescription Of(ExportStream stream) => Array.Find(All, description => description.Stream == stream)
        ?? throw new ArgumentOutOfRangeException(nameof(stream), $"{nameof(stream)} was {stream}; it must be {string.Join(" or ", All.Select(description => description.Stream))}.");

    /// <summary>The operation and the URL of a request for a page.</summary>
    public abstract (string Operation, string Url) Request(in PageQuery query);
}

/// <summary>A stream with the types of its responses.</summary>
/// <param name="stream">The stream.</param>
/// <param name="options">The class of its options.</param>
/// <param name="timeName">The member of an item that windows are about.</param>
/// <param name="request">Makes the request for a page.</param>
/// <param name="content">The items and the cursor of a response.</param>
/// <param name="page">Makes the page of a response, which is null if none was asked for, from the items that are left of it.</param>
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
