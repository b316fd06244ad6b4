using System.Collections;
using System.Globalization;
using System.Reflection;
using Croct.Export.Models;
using Newtonsoft.Json;

namespace Croct.Export.Tests.CommandLine.Tables;

/// <summary>Every field that the models have, a new one too, has a place in the columns.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public class EveryFieldTests
{
    private int _next = 1000;

    private readonly List<string> _values = [];

    [TestCase("events", typeof(Event))]
    [TestCase("sessions", typeof(Session))]
    [TestCase("users", typeof(User))]
    public async Task Every_field_of_an_item_is_in_its_row(string stream, Type model)
    {
        using var exporter = new Exporter();

        var file = await ItemServer.ExportAsync(exporter, stream, "items.csv", [JsonConvert.SerializeObject(Filled(model))]);

        var row = (await File.ReadAllTextAsync(file)).Replace("\"\"", "\"", StringComparison.Ordinal);
        Assert.That(_values, Has.Count.GreaterThan(8));
        Assert.That(_values.Where(value => !row.Contains(value, StringComparison.Ordinal)), Is.Empty);
    }

    /// <summary>An object with a value of its own in every property that the wire has.</summary>
    private object Filled(Type model)
    {
        var instance = Activator.CreateInstance(model)!;
        foreach (var property in model.GetProperties().Where(property => property.CanWrite && property.Name is not ("AdditionalProperties" or "Type")))
        {
            if (property.GetValue(instance) is IList list) list.Add(ValueOf(list.GetType().GetGenericArguments()[0], property));
            else if (property.GetValue(instance) is IDictionary map) map.Add("key", ValueOf(map.GetType().GetGenericArguments()[1], property));
            else property.SetValue(instance, ValueOf(Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType, property));
        }

        return instance;
    }

    private object ValueOf(Type type, PropertyInfo property)
    {
        var number = _next++;
        if (type == typeof(EventPayload)) return Filled(typeof(OrderPlaced));
        if (type == typeof(EventContext)) return Filled(typeof(WebContext));
        if (type == typeof(string)) return Noted($"text {number}");
        if (type == typeof(Guid)) return Noted(Guid.Parse($"00000000-0000-4000-8000-{number:D12}"));
        if (type == typeof(bool)) return true;
        if (type == typeof(int)) return Noted(number);
        if (type == typeof(double)) return Noted(number + 0.5);
        if (type == typeof(decimal)) return Noted(number + 0.25m);
        if (typeof(Newtonsoft.Json.Linq.JToken).IsAssignableFrom(type)) return new Newtonsoft.Json.Linq.JValue(Noted($"text {number}"));
        if (type == typeof(long))
        {
            var isTime = property.DeclaringType!.GetProperty(property.Name + "Utc") is not null;
            var time = DateTimeOffset.FromUnixTimeMilliseconds(number * 86_400_000L);
            _values.Add(isTime && IsColumn(property)
                ? time.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)
                : time.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture));
            return time.ToUnixTimeMilliseconds();
        }

        return type.IsValueType ? Activator.CreateInstance(type, Noted($"TEXT_{number}"))! : Filled(type);
    }

    /// <summary>Whether a time has a column; those of payloads are in their JSON as they came.</summary>
    private static bool IsColumn(PropertyInfo property) => property.DeclaringType!.Name is "Event" or "Session" or "SessionWindow" or "User";

    private T Noted<T>(T value)
        where T : notnull
    {
        _values.Add(Convert.ToString(value, CultureInfo.InvariantCulture)!);
        return value;
    }
}
